import type { ClientRequest, Agent as HttpAgent, IncomingMessage, OutgoingHttpHeaders } from "node:http"
import { Agent as HttpsAgent, request as httpsRequest } from "node:https"
import type { Clock } from "../../platform/clock.ts"
import { http } from "../../platform/on-first-use.ts"
import { ImageError } from "../images.ts"

/** A connection on which nothing moves for this long is given up. */
const IDLE_MS = 60_000
const ERROR_BODY_BYTES_MAX = 64 * 1024

export interface HttpRequest {
  readonly method: string
  readonly url: URL
  readonly headers?: OutgoingHttpHeaders
  /** Opened anew for every attempt. */
  readonly body?: () => Uint8Array | AsyncIterable<Uint8Array>
  /** Further trusted certificates, PEM. */
  readonly ca?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface HttpResponse {
  readonly status: number
  readonly header: (name: string) => string | undefined
  /** Must be read to its end or destroyed. */
  readonly body: IncomingMessage
}

/** HTTP with kept-alive connections, the machine's proxy settings (HTTPS_PROXY, NO_PROXY) and an idle limit. */
export class HttpClient {
  readonly #clock: Pick<Clock, "after">
  readonly #http: HttpAgent
  readonly #https: HttpsAgent

  constructor(clock: Pick<Clock, "after">, proxyEnv?: Readonly<Record<string, string | undefined>>) {
    this.#clock = clock
    const options = { keepAlive: true, ...(proxyEnv ? { proxyEnv: { ...proxyEnv } } : {}) }
    this.#http = new (http().Agent)(options)
    this.#https = new HttpsAgent(options)
  }

  /** Sends a request. Rejects with `ImageError` Unreachable when no answer comes, or the signal's reason. */
  async send(request: HttpRequest): Promise<HttpResponse> {
    request.signal?.throwIfAborted()
    const secure = request.url.protocol === "https:"
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const outgoing = (secure ? httpsRequest : http().request)(request.url, {
      method: request.method,
      headers: request.headers ?? {},
      agent: secure ? this.#https : this.#http,
      ...(request.signal ? { signal: request.signal } : {}),
      ...(secure && request.ca !== undefined ? { ca: request.ca } : {}),
    })
    const idle = () =>
      outgoing.destroy(Object.assign(new Error(`no data for ${IDLE_MS / 1000} s`), { code: "ETIMEDOUT" }))
    let timer = this.#clock.after(IDLE_MS, idle)
    const moved = () => {
      timer.cancel()
      timer = this.#clock.after(IDLE_MS, idle)
    }
    outgoing.on("response", resolve)
    outgoing.on("error", reject)
    outgoing.on("close", () => timer.cancel())
    outgoing.on("drain", moved)
    try {
      // A server may refuse an upload by closing before it has read it; its answer counts more than the broken pipe.
      writeBody(outgoing, request).catch(reject)
      const body = await promise
      body.on("data", moved)
      body.pause()
      return { status: body.statusCode ?? 0, header: (name) => firstOf(body.headers[name.toLowerCase()]), body }
    } catch (cause) {
      request.signal?.throwIfAborted()
      throw unreachable(request.url, cause)
    }
  }

  /** Closes idle connections. */
  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }
}

async function writeBody(outgoing: ClientRequest, request: HttpRequest): Promise<void> {
  const body = request.body?.()
  if (body === undefined || body instanceof Uint8Array) {
    outgoing.end(body)
    return
  }
  for await (const chunk of body) {
    if (outgoing.destroyed) return
    if (outgoing.write(chunk)) continue
    const { promise, resolve } = Promise.withResolvers<void>()
    outgoing.once("drain", resolve)
    outgoing.once("close", resolve)
    await promise
    outgoing.off("drain", resolve).off("close", resolve)
  }
  outgoing.end()
}

/** What went wrong below HTTP, in one sentence with the host. */
export function unreachable(url: URL, cause: unknown): ImageError {
  if (cause instanceof ImageError) return cause
  const reason =
    cause instanceof Error ? cause.message || ("code" in cause ? String(cause.code) : cause.name) : String(cause)
  return new ImageError("Unreachable", `cannot reach ${url.protocol}//${url.host}: ${reason}`, { cause })
}

/** Reads a small body; throws `ImageError` InvalidImage above `max` bytes. */
export async function readBody(response: HttpResponse, max: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > max) {
      response.body.destroy()
      throw new ImageError("InvalidImage", `the registry's answer is larger than ${max} bytes`)
    }
    parts.push(chunk)
  }
  return Buffer.concat(parts)
}

/** What a registry says about a failure: `CODE: message` of its error list, or the start of the body. */
export async function errorText(response: HttpResponse): Promise<string> {
  const body = (await readBody(response, ERROR_BODY_BYTES_MAX).catch(() => Buffer.alloc(0))).toString("utf8")
  try {
    const { errors, message, details } = JSON.parse(body) as {
      errors?: readonly { code?: string; message?: string }[]
      message?: string
      details?: string
    }
    const text = errors?.map((e) => [e.code, e.message].filter(Boolean).join(": ")).join("; ") ?? message ?? details
    if (text) return text
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error
  }
  return body.slice(0, 200).trim() || "no further message"
}

function firstOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "string" || value === undefined ? value : value[0]
}
