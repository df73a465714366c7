import type { Agent, IncomingMessage, OutgoingHttpHeaders, RequestOptions } from "node:http"
import { request as httpsRequest } from "node:https"
import type { Duplex, Readable } from "node:stream"
import type { ConnectionOptions } from "node:tls"
import { wordsOf } from "../../machinery/net/connection-words.ts"
import { hostPort } from "../../machinery/net/host-port.ts"
import type { Clock } from "../../platform/clock.ts"
import { http } from "../../platform/on-first-use.ts"

/** A server behind this one. */
export interface Backend {
  readonly scheme: "http" | "https"
  readonly host: string
  readonly port: number
  /** Path and query. */
  readonly target: string
  /** An ordinary answer is wanted, even when the client asked for another protocol. */
  readonly isPlain?: true
  /** For https: how to recognize the server, and our own certificate. */
  readonly tls?: BackendTls
  /** Keeps connections for the next request. Absent: each request has its own. */
  readonly agent?: Agent
  /** Sent besides, or instead of, the client's own. */
  readonly headers?: Readonly<Record<string, string | string[]>>
}

export interface BackendTls extends Pick<ConnectionOptions, "servername" | "checkServerIdentity"> {
  readonly ca?: string | string[]
  readonly cert?: string
  readonly key?: string
  /** The server's certificate is not looked at: the client asked for that, or it proxies to an unknown program. */
  readonly insecure?: boolean
}

/** As kube-apiserver's. */
const CONNECT_TIMEOUT_MS = 30_000

export interface Outgoing {
  readonly method: string
  readonly headers: OutgoingHttpHeaders
  readonly body?: Readable | Uint8Array | undefined
  /** Ends the request, and the answer when it has begun. */
  readonly signal: AbortSignal
}

/** A backend's answer: an ordinary one, or the connection itself when it agreed to switch protocols. */
export type Reply =
  | { readonly type: "answer"; readonly response: IncomingMessage }
  | { readonly type: "switched"; readonly response: IncomingMessage; readonly socket: Duplex; readonly head: Buffer }

/** The backend was not reached, or it broke off before it answered. The message is as Go would write it. */
export class BackendError extends Error {
  override readonly name = "BackendError"
}

/**
 * Sends one request. Throws `BackendError`. A request without a body is repeated when a kept connection turns out to be
 * closed.
 */
export function send(backend: Backend, outgoing: Outgoing, clock: Pick<Clock, "after">): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { body, signal } = outgoing
    if (signal.aborted) return reject(new BackendError("context canceled"))
    const request = (backend.scheme === "https" ? httpsRequest : http().request)(optionsOf(backend, outgoing))
    const abort = () => request.destroy()
    signal.addEventListener("abort", abort, { once: true })
    // More than once when its body still came while it broke; only the first counts.
    request.on("error", (error) => {
      const isStale = request.reusedSocket && (error as NodeJS.ErrnoException).code === "ECONNRESET"
      if (isStale && body === undefined && !signal.aborted) resolve(send(backend, outgoing, clock))
      else reject(backendError(signal.aborted ? signal.reason : error, error))
    })
    // A machine that vanished answers nothing; once connected, an answer may take as long as it wants.
    const timer = clock.after(CONNECT_TIMEOUT_MS, () =>
      request.destroy(new Error(`dial tcp ${hostPort(backend)}: i/o timeout`)),
    )
    request.once("socket", (socket) => {
      if (request.reusedSocket) timer.cancel()
      else socket.once(backend.scheme === "https" ? "secureConnect" : "connect", () => timer.cancel())
    })
    request.once("close", () => {
      timer.cancel()
      signal.removeEventListener("abort", abort)
    })
    request.once("response", (response) => resolve({ type: "answer", response }))
    request.once("upgrade", (response, socket, head) => resolve({ type: "switched", response, socket, head }))
    if (body === undefined || body instanceof Uint8Array) request.end(body)
    else body.pipe(request)
  })
}

function optionsOf(backend: Backend, outgoing: Outgoing): RequestOptions & ConnectionOptions {
  const { host, port, target, tls, agent = false } = backend
  const { method } = outgoing
  const headers = framed(outgoing)
  if (tls === undefined) return { host, port, path: target, method, headers, agent }
  const { insecure, ...known } = tls
  return { host, port, path: target, method, headers, agent, ...known, ...(insecure && { rejectUnauthorized: false }) }
}

/** How long the body is must be said: of methods that seldom have one, such as DELETE, node says nothing by itself. */
function framed({ headers, body }: Outgoing): OutgoingHttpHeaders {
  if (body === undefined || headers["content-length"] !== undefined) return headers
  if (body instanceof Uint8Array) return { ...headers, "content-length": body.length }
  return { ...headers, "transfer-encoding": "chunked" }
}

function backendError(reason: unknown, cause: Error): BackendError {
  const name = reason instanceof Error ? reason.name : ""
  if (name === "AbortError") return new BackendError("context canceled", { cause })
  if (name === "TimeoutError") return new BackendError("context deadline exceeded", { cause })
  return new BackendError(wordsOf(reason), { cause })
}
