import type { IncomingMessage } from "node:http"
import type { StatusError } from "../../machinery/status/status-error.ts"
import { WebhookCallError } from "./call-error.ts"
import { refusedAnswer } from "./refused-answer.ts"

/** A whole answer. */
export interface Reply {
  readonly code: number
  readonly contentType: string
  readonly body: Uint8Array
  /** What the server says instead of answering. */
  readonly refusal?: StatusError
  /** The server asks to be called again after so long. */
  readonly retryAfterSeconds?: number
}

/** Throws `WebhookCallError` when the answer is too large, the connection's error when it breaks. */
export async function readReply(response: IncomingMessage, bytesMax: number): Promise<Reply> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > bytesMax) throw new WebhookCallError(`the response is larger than ${bytesMax} bytes`)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof WebhookCallError) throw error
    throw new WebhookCallError(
      "unexpected error when reading response body. Please retry. Original error: unexpected EOF",
      { cause: error },
    )
  }
  const code = response.statusCode ?? 0
  const contentType = response.headers["content-type"] ?? ""
  const body = Buffer.concat(chunks)
  if (code >= 200 && code <= 206) return { code, contentType, body }
  const asked = response.headers["retry-after"] ?? ""
  const seconds = /^\d{1,9}$/.test(asked) ? Number(asked) : undefined
  const refusal = refusedAnswer(code, contentType, body, seconds)
  const again = seconds !== undefined && (code === 429 || code >= 500)
  return { code, contentType, body, refusal, ...(again && { retryAfterSeconds: seconds }) }
}
