import type { WebSocket } from "ws"
import { onFirstUse } from "../../../platform/on-first-use.ts"
import { isWebSocket, listedIn, refuse, type Upgrade } from "./upgrade.ts"

const ws = onFirstUse<typeof import("ws")>("ws")

// As Go's WebSocket server.
const MESSAGE_BYTES_MAX = 32 * 1024 * 1024

/** The first protocol of the client's that we speak; empty when it names none; undefined when we speak none of them. */
export function negotiateWebSocket(
  upgrade: Pick<Upgrade, "request">,
  supported: readonly string[],
): string | undefined {
  if (!isWebSocket(upgrade)) return undefined
  const offered = listedIn(upgrade.request.headers["sec-websocket-protocol"])
  if (offered.length === 0) return supported.includes("") ? "" : undefined
  return offered.find((protocol) => supported.includes(protocol))
}

export interface AcceptedWebSocket {
  readonly socket: WebSocket
  readonly protocol: string
}

/** Makes the connection a WebSocket. Resolves to undefined when the client's request cannot be one; it was answered then. */
export function acceptWebSocket(
  upgrade: Upgrade,
  supported: readonly string[],
): Promise<AcceptedWebSocket | undefined> {
  const { request } = upgrade
  const protocol = negotiateWebSocket(upgrade, supported)
  if (protocol === undefined) {
    const offered = listedIn(request.headers["sec-websocket-protocol"]).join(" ")
    refuse(upgrade, 403, `requested protocol(s) are not supported: [${offered}]; supports [${supported.join(" ")}]`)
    return Promise.resolve(undefined)
  }
  const server = new (ws().WebSocketServer)({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES_MAX,
  })
  // The library refuses names with a slash, as in `SPDY/3.1+portforward.k8s.io`; so it hears of no protocol at all.
  delete request.headers["sec-websocket-protocol"]
  server.once("headers", (headers) => {
    if (protocol !== "") headers.push(`Sec-WebSocket-Protocol: ${protocol}`)
  })
  return new Promise((resolve) => {
    // A malformed handshake is answered by the library, which then closes the connection.
    upgrade.socket.once("close", () => resolve(undefined))
    server.handleUpgrade(request, upgrade.socket, upgrade.head, (socket) => resolve({ socket, protocol }))
  })
}
