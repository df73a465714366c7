import type { ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from "node:http2"
import { constants } from "node:http2"
import type { ApiRequest } from "../transport.ts"
import { ConnectionError } from "./connection-error.ts"
import type { Sessions } from "./sessions.ts"

/** The head of an answer; the body is still to be read. */
export interface Reply {
  readonly code: number
  readonly headers: IncomingHttpHeaders
  readonly stream: ClientHttp2Stream
}

/** Sends one request. Throws `ConnectionError` when there is no answer, and the signal's reason when it aborts. */
export async function sendOver(
  sessions: Sessions,
  request: ApiRequest,
  options: { readonly server: string; readonly userAgent: string },
): Promise<Reply> {
  const { signal, body } = request
  signal?.throwIfAborted()
  const { session, token, release } = await sessions.acquire()
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
  const headers = {
    ":method": request.method,
    ":path": targetOf(request),
    accept: "application/json",
    "accept-encoding": "gzip",
    "user-agent": options.userAgent,
    ...(bytes && { "content-type": request.contentType ?? "application/json", "content-length": bytes.length }),
    ...(token && { authorization: `Bearer ${token}` }),
  }
  let stream: ClientHttp2Stream
  try {
    stream = session.request(headers, { endStream: bytes === undefined, ...(signal && { signal }) })
  } catch (error) {
    release()
    // The connection ended between being chosen and being used.
    throw new ConnectionError(options.server, error, false)
  }
  stream.once("close", release)
  if (bytes !== undefined) stream.end(bytes)
  return answerOf(stream, options.server, signal)
}

function answerOf(stream: ClientHttp2Stream, server: string, signal: AbortSignal | undefined): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let failure: unknown
    const fail = () => {
      if (signal?.aborted) return reject(signal.reason)
      // Only this code promises that nothing was done.
      const sent = stream.rstCode !== constants.NGHTTP2_REFUSED_STREAM
      reject(new ConnectionError(server, failure ?? new Error("the server ended the request"), sent))
    }
    stream.on("error", (error) => {
      failure = error
    })
    stream.once("close", fail)
    stream.once("response", (headers: IncomingHttpHeaders & IncomingHttpStatusHeader) => {
      stream.off("close", fail)
      resolve({ code: headers[":status"] ?? 0, headers, stream })
    })
  })
}

function targetOf({ path, query }: ApiRequest): string {
  return query === undefined || query.size === 0 ? path : `${path}?${new URLSearchParams([...query])}`
}
