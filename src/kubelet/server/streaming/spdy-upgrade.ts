import type { Duplex } from "node:stream"
import { createSpdyConnection, type SpdyConnection } from "../../../machinery/spdy/connection.ts"
import type { SpdyStream } from "../../../machinery/spdy/stream.ts"
import { listedIn, refuse, type Upgrade } from "./upgrade.ts"

export interface NegotiatedSpdy {
  readonly protocol: string
  readonly connection: SpdyConnection
}

const PROTOCOL_HEADER = "X-Stream-Protocol-Version"

/** Makes the connection SPDY/3.1 with the client's favourite of our protocols, or answers why not. */
export function upgradeToSpdy(
  upgrade: Upgrade,
  protocols: readonly string[],
  onStream: (stream: SpdyStream) => void,
): NegotiatedSpdy | undefined {
  const { request, socket, head } = upgrade
  const offered = listedIn(request.headers[PROTOCOL_HEADER.toLowerCase()])
  if (offered.length === 0) {
    const count = Object.keys(request.headers).length
    refuse(upgrade, 400, `unable to upgrade: header ${PROTOCOL_HEADER} does not exist in request with ${count} headers`)
    return undefined
  }
  const protocol = offered.find((name) => protocols.includes(name))
  if (protocol === undefined) {
    const text = `client supports [${offered.join(" ")}], server accepts [${protocols.join(" ")}]`
    const accepted = protocols.map((name) => ["X-Accepted-Stream-Protocol-Versions", name] as const)
    refuse(upgrade, 403, `unable to upgrade: unable to negotiate protocol: ${text}`, accepted)
    return undefined
  }
  const lines = ["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: SPDY/3.1"]
  socket.write(`${[...lines, `${PROTOCOL_HEADER}: ${protocol}`].join("\r\n")}\r\n\r\n`)
  if (head.length > 0) socket.unshift(head)
  return { protocol, connection: spdyOver(socket, onStream) }
}

export function spdyOver(transport: Duplex, onStream: (stream: SpdyStream) => void): SpdyConnection {
  // The connection's own reader sees the error too, and closes the streams.
  transport.on("error", () => undefined)
  return createSpdyConnection(transport, { role: "server", onStream })
}
