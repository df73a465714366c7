import type { IncomingHttpHeaders } from "node:http"
import type { Clock } from "../../platform/clock.ts"
import type { UserInfo } from "../call.ts"
import type { ExtensionServer } from "./extension-server.ts"

/** What an extension server says about itself: discovery, OpenAPI. */
export interface FetchedDocument {
  readonly code: number
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
}

export interface FetchOptions {
  readonly path: string
  readonly accept: string
  readonly user: UserInfo
  /** What is known already, to be told that it has not changed. */
  readonly etag?: string | undefined
  readonly timeoutMs: number
}

/** Kubernetes' own documents have 4 MB together. */
const BYTES_MAX = 32 << 20

/** Throws when there is no answer in time, or too long a one. */
export async function fetchDocument(
  server: ExtensionServer,
  { path, accept, user, etag, timeoutMs }: FetchOptions,
  clock: Clock,
): Promise<FetchedDocument> {
  const abort = new AbortController()
  const timer = clock.after(timeoutMs, () => abort.abort(new Error("request timed out")))
  const headers = { accept, ...(etag !== undefined && { "if-none-match": etag }) }
  try {
    const reply = await server.request(path, user, { method: "GET", headers, signal: abort.signal })
    const { response } = reply
    if (reply.type === "switched") {
      reply.socket.destroy()
      throw new Error(`${path}: the server switched protocols without being asked`)
    }
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > BYTES_MAX) throw new Error(`${path}: the answer is larger than ${BYTES_MAX} bytes`)
      chunks.push(chunk)
    }
    return { code: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }
  } finally {
    timer.cancel()
  }
}
