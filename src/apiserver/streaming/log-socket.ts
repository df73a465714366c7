import type { IncomingMessage } from "node:http"
import type { Readable } from "node:stream"
import { finished } from "node:stream/promises"
import type { WebSocket } from "ws"
import { StatusError } from "../../machinery/status/status-error.ts"
import { onFirstUse } from "../../platform/on-first-use.ts"
import type { Exchange } from "../transport/exchange.ts"

const ws = onFirstUse<typeof import("ws")>("ws")

/** Logs for browsers: each message of a WebSocket holds some bytes, or those in base64. */

const BINARY = "binary.k8s.io"
const BASE64 = "base64.binary.k8s.io"
/** Clients have nothing to say. */
const MESSAGE_BYTES_MAX = 1024

export function wantsWebSocket({ headers, upgrade }: Exchange): boolean {
  return upgrade !== undefined && headers.upgrade?.toLowerCase() === "websocket"
}

/** Answers with `body` and ends with it, or ends it when the client leaves. Throws a 403 for protocols of other kinds. */
export async function sendAsMessages(exchange: Exchange, body: Readable): Promise<void> {
  const protocol = protocolOf(exchange)
  const socket = await accept(exchange, protocol)
  if (socket === undefined) {
    body.destroy()
    return
  }
  // Kubernetes begins with an empty message, so that clients see that there is a log.
  socket.send(protocol === BASE64 ? "" : Buffer.alloc(0))
  const stream = ws().createWebSocketStream(socket, { readableObjectMode: true, decodeStrings: protocol !== BASE64 })
  stream.resume()
  stream.on("error", () => body.destroy())
  stream.once("close", () => body.destroy())
  if (protocol === BASE64) body.setEncoding("base64")
  body.pipe(stream)
  await finished(stream, { readable: false }).catch(() => undefined)
}

function protocolOf({ headers }: Exchange): string {
  const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((protocol) => protocol.trim())
  const known = offered.find((protocol) => protocol === BINARY || protocol === BASE64 || protocol === "")
  if (known !== undefined) return known
  throw new StatusError("Forbidden", 403, `requested protocol(s) are not supported: [${offered.join(" ")}]`)
}

function accept(exchange: Exchange, protocol: string): Promise<WebSocket | undefined> {
  const { upgrade, method, target } = exchange
  if (upgrade === undefined) return Promise.resolve(undefined)
  const server = new (ws().WebSocketServer)({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES_MAX,
    handleProtocols: () => protocol || false,
  })
  // The library looks at nothing else of a request.
  const request = { method, url: target, headers: exchange.headers } as IncomingMessage
  return new Promise((resolve) => {
    // A malformed handshake is answered by the library, which then closes the connection.
    upgrade.socket.once("close", () => resolve(undefined))
    server.handleUpgrade(request, upgrade.socket, upgrade.head, (socket) => {
      exchange.answering?.(101)
      resolve(socket)
    })
  })
}
