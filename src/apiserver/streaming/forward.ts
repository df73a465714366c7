import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import { StatusError } from "../../machinery/status/status-error.ts"
import type { Clock } from "../../platform/clock.ts"
import type { ApiResult } from "../call.ts"
import type { Exchange, ResponseHeaders } from "../transport/exchange.ts"
import { formatHead } from "../transport/exchanges.ts"
import { type Backend, BackendError, send } from "./send.ts"

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
/** The client's credentials are for this server alone, and nobody else says here who it is. */
const PRIVATE = new Set(["authorization", "host", "x-remote-user", "x-remote-uid", "x-remote-group"])
const PRIVATE_PREFIXES = ["impersonate-", "x-remote-extra-"]

/** A backend's answer: an ordinary one, or the connection itself after it agreed to switch protocols. */
export type Forwarded = { readonly type: "answer"; readonly response: IncomingMessage } | { readonly type: "taken" }

/**
 * Sends the request of `exchange` on, with its body. When the client asked for another protocol and the backend agrees,
 * the two connections are joined and bytes pass as they are. Throws a 503 when the backend cannot be reached.
 */
export async function forward(
  exchange: Exchange,
  backend: Backend,
  clock: Pick<Clock, "after">,
  signal: AbortSignal = exchange.signal,
): Promise<Forwarded> {
  const { method } = exchange
  const upgrade = backend.isPlain ? undefined : exchange.upgrade
  const headers = requestHeaders(exchange)
  if (upgrade !== undefined) {
    headers["connection"] = "Upgrade"
    headers["upgrade"] = exchange.headers.upgrade
  }
  Object.assign(headers, backend.headers)
  const hasBody = exchange.upgrade === undefined && method !== "GET" && method !== "HEAD"
  const outgoing = { method, headers, signal, ...(hasBody && { body: exchange.body }) }
  const reply = await send(backend, outgoing, clock).catch((error: unknown) => {
    throw error instanceof BackendError ? unreachable(error) : error
  })
  if (reply.type === "answer") return reply
  const { response, socket, head } = reply
  if (upgrade === undefined) {
    socket.destroy()
    throw unreachable(new BackendError("it switched protocols without being asked"))
  }
  const code = response.statusCode ?? 101
  upgrade.socket.write(formatHead(code, response.headers as ResponseHeaders))
  exchange.answering?.(code)
  join(upgrade.socket, upgrade.head, socket, head)
  return { type: "taken" }
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
    const isPrivate = PRIVATE.has(name) || PRIVATE_PREFIXES.some((prefix) => name.startsWith(prefix))
    if (!name.startsWith(":") && !HOP_BY_HOP.has(name) && !isPrivate) headers[name] = value
  }
  const { remoteAddress } = exchange.socket
  if (remoteAddress !== undefined) {
    const before = exchange.headers["x-forwarded-for"]
    headers["x-forwarded-for"] = before === undefined ? remoteAddress : `${String(before)}, ${remoteAddress}`
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

function unreachable(cause: BackendError): StatusError {
  return new StatusError("ServiceUnavailable", 503, `error trying to reach service: ${cause.message}`, undefined, cause)
}
