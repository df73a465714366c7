import { decodeUtf8, parseJson } from "../../machinery/json/parse.ts"
import { JsonSyntaxError } from "../../machinery/json/syntax-error.ts"
import { statusErrorFrom } from "../../machinery/status/from-response.ts"
import { StatusError, type StatusReason } from "../../machinery/status/status-error.ts"

/** Characters of an unexpected answer worth showing, as client-go's. */
const TEXT_SHOWN_MAX = 2048

const KNOWN: ReadonlyMap<number, readonly [StatusReason, string]> = new Map([
  [400, ["BadRequest", "the server rejected our request for an unknown reason"]],
  [401, ["Unauthorized", "the server has asked for the client to provide credentials"]],
  [404, ["NotFound", "the server could not find the requested resource"]],
  [405, ["MethodNotAllowed", "the server does not allow this method on the requested resource"]],
  [409, ["AlreadyExists", "the server reported a conflict"]],
  [422, ["Invalid", "the server rejected our request due to an error in our request"]],
  [429, ["TooManyRequests", "the server has received too many requests and has asked us to try again later"]],
  [503, ["ServiceUnavailable", "the server is currently unable to handle the request"]],
  [
    504,
    [
      "Timeout",
      "the server was unable to return a response in the time allotted, but may still be processing the request",
    ],
  ],
])

/** What an answer with a code other than 200 to 206 means, in client-go's words. */
export function refusedAnswer(code: number, contentType: string, body: Uint8Array, retryAfterSeconds = 0): StatusError {
  const described = statusIn(body)
  if (described !== undefined) return described
  const isText = contentType === "" || contentType.trim().toLowerCase().startsWith("text/")
  const text = isText ? Buffer.from(body.subarray(0, TEXT_SHOWN_MAX)).toString().trim() : "unknown"
  const [reason, message] = reasonOf(code, text)
  const causes = [{ reason: "UnexpectedServerResponse", message: text }]
  return new StatusError(reason, code, message, { causes, retryAfterSeconds })
}

function reasonOf(code: number, text: string): readonly [StatusReason, string] {
  const known = KNOWN.get(code)
  if (known !== undefined) return known
  switch (code) {
    case 403:
      return ["Forbidden", text]
    case 406: {
      const unable = "the server was unable to respond with a content type that the client supports"
      return ["NotAcceptable", text === "" || text === "unknown" ? unable : text]
    }
    case 415:
      return ["UnsupportedMediaType", text]
  }
  if (code >= 500) {
    return [
      "InternalError",
      `an error on the server (${JSON.stringify(text)}) has prevented the request from succeeding`,
    ]
  }
  return ["", `the server responded with the status code ${code} but did not return more information`]
}

function statusIn(body: Uint8Array): StatusError | undefined {
  if (body[0] !== OPENING_BRACE) return undefined
  try {
    return statusErrorFrom(parseJson(decodeUtf8(body)).value)
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined
    throw error
  }
}

const OPENING_BRACE = 0x7b
