import type { IncomingMessage, RequestOptions } from "node:http"
import { request as httpRequest } from "node:http"
import { request as httpsRequest } from "node:https"
import type { Duplex } from "node:stream"
import { StatusError } from "../../machinery/status/status-error.ts"
import type { Clock } from "../../platform/clock.ts"
import type { ApiResult } from "../call.ts"
import type { Exchange, ResponseHeaders } from "../transport/exchange.ts"
import { formatHead } from "../transport/exchanges.ts"

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
  readonly tls?: {
    readonly ca?: string
    readonly cert?: string
    readonly key?: string
    /** The server's certificate is not looked at: the client asked for that, or it proxies to an unknown program. */
    readonly insecure?: boolean
  }
}

/** Headers that concern one connection only. https://www.rfc-editor.org/rfc/rfc9110#name-connection */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
])
/** The client's credentials are for this server alone. */
const PRIVATE = new Set(["authorization", "host"])

/** As kube-apiserver's. */
const CONNECT_TIMEOUT_MS = 30_000

/** A backend's answer: an ordinary one, or the connection itself after it agreed to switch protocols. */
export type Forwarded = { readonly type: "answer"; readonly response: IncomingMessage } | { readonly type: "taken" }

/**
 * Sends the request of `exchange` on, with its body. When the client asked for another protocol and the backend agrees,
 * the two connections are joined and bytes pass as they are. Throws a 503 when the backend cannot be reached.
 */
export function forward(exchange: Exchange, backend: Backend, clock: Pick<Clock, "after">): Promise<Forwarded> {
  return new Promise((resolve, reject) => {
    const upgrade = backend.isPlain ? undefined : exchange.upgrade
    const headers = requestHeaders(exchange)
    if (upgrade !== undefined) {
      headers["connection"] = "Upgrade"
      headers["upgrade"] = exchange.headers.upgrade
    }
    const { tls } = backend
    const options: RequestOptions & { readonly rejectUnauthorized?: boolean } = {
      host: backend.host,
      port: backend.port,
      path: backend.target,
      method: exchange.method,
      headers,
      // Each of these may last for hours.
      agent: false,
      ...(tls?.ca !== undefined && { ca: tls.ca }),
      ...(tls?.cert !== undefined && { cert: tls.cert, key: tls.key }),
      ...(tls?.insecure && { rejectUnauthorized: false }),
    }
    const outgoing = (backend.scheme === "https" ? httpsRequest : httpRequest)(options)
    exchange.signal.addEventListener("abort", () => outgoing.destroy(), { once: true })
    outgoing.once("error", (error) => reject(unreachable(backend, error)))
    // A node that vanished answers nothing; once connected, an answer may take as long as it wants.
    const timer = clock.after(CONNECT_TIMEOUT_MS, () => outgoing.destroy(new Error("i/o timeout")))
    outgoing.once("socket", (socket) => {
      socket.once(backend.scheme === "https" ? "secureConnect" : "connect", () => timer.cancel())
    })
    outgoing.once("close", () => timer.cancel())
    outgoing.once("response", (response) => resolve({ type: "answer", response }))
    outgoing.once("upgrade", (response, socket, head) => {
      if (upgrade === undefined) {
        socket.destroy()
        reject(unreachable(backend, new Error("it switched protocols without being asked")))
        return
      }
      upgrade.socket.write(formatHead(response.statusCode ?? 101, response.headers as ResponseHeaders))
      join(upgrade.socket, upgrade.head, socket, head)
      resolve({ type: "taken" })
    })
    if (exchange.upgrade !== undefined || exchange.method === "GET" || exchange.method === "HEAD") outgoing.end()
    else exchange.body.pipe(outgoing)
  })
}

/** The backend's answer as it is, whatever its code. */
export function passThrough(response: IncomingMessage): Extract<ApiResult, { readonly type: "raw" }> {
  const headers: Record<string, string | readonly string[]> = {}
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name)) headers[name] = value
  }
  return { type: "raw", code: response.statusCode ?? 502, headers, body: response }
}

function requestHeaders(exchange: Exchange): Record<string, string | string[] | undefined> {
  const headers: Record<string, string | string[] | undefined> = {}
  for (const [name, value] of Object.entries(exchange.headers)) {
    const isPrivate = PRIVATE.has(name) || name.startsWith("impersonate-")
    if (!name.startsWith(":") && !HOP_BY_HOP.has(name) && !isPrivate) headers[name] = value
  }
  const protocols = exchange.headers["sec-websocket-protocol"]
  if (protocols !== undefined) headers["sec-websocket-protocol"] = withoutToken(protocols)
  return headers
}

/** Browsers can send a token only among the protocols. */
function withoutToken(protocols: string): string {
  const kept = protocols.split(",").map((protocol) => protocol.trim())
  return kept.filter((protocol) => !protocol.startsWith(TOKEN_PROTOCOL)).join(", ")
}

const TOKEN_PROTOCOL = "base64url.bearer.authorization.k8s.io."

function join(left: Duplex, leftHead: Buffer, right: Duplex, rightHead: Buffer): void {
  if (leftHead.length > 0) right.write(leftHead)
  if (rightHead.length > 0) left.write(rightHead)
  left.pipe(right)
  right.pipe(left)
  endTogether(left, right)
  endTogether(right, left)
}

/** When one side is gone the other goes too, but not before it has got everything that was said. */
function endTogether(from: Duplex, to: Duplex): void {
  from.on("error", () => to.destroy())
  from.on("close", () => {
    if (!from.readableEnded || to.writableFinished) to.destroy()
    else to.once("finish", () => to.destroy())
  })
}

function unreachable({ host, port }: Backend, cause: Error): StatusError {
  const message = `error trying to reach service: dial tcp ${host}:${port}: ${cause.message}`
  return new StatusError("ServiceUnavailable", 503, message, undefined, cause)
}
