import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import { http } from "../../../platform/on-first-use.ts"

/** A request that wants the connection for itself. */
export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  /** What the client has sent already. */
  readonly head: Buffer
}

export function isWebSocket({ request }: Pick<Upgrade, "request">): boolean {
  return (request.headers.upgrade ?? "").toLowerCase() === "websocket"
}

export function isSpdy({ request }: Pick<Upgrade, "request">): boolean {
  return (request.headers.upgrade ?? "").toLowerCase() === "spdy/3.1"
}

/** The values of a header that lists names, in the client's order of preference. */
export function listedIn(value: string | readonly string[] | undefined): string[] {
  return [value ?? []]
    .flat()
    .flatMap((line) => line.split(","))
    .map((name) => name.trim())
    .filter((name) => name !== "")
}

/** Answers instead of upgrading, and ends the connection. */
export function refuse(
  { socket }: Pick<Upgrade, "socket">,
  status: number,
  text: string,
  headers: readonly (readonly [string, string])[] = [],
): void {
  const body = Buffer.from(`${text}\n`)
  const lines = [
    `HTTP/1.1 ${status} ${http().STATUS_CODES[status] ?? ""}`,
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${body.length}`,
    "Connection: close",
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ]
  socket.end(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), body]))
}
