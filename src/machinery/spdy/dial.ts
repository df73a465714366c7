import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import { text } from "node:stream/consumers"
import { http, onFirstUse } from "../../platform/on-first-use.ts"
import { createSpdyConnection, type SpdyConnection } from "./connection.ts"

const https = onFirstUse<typeof import("node:https")>("node:https")

export interface DialedSpdy {
  readonly connection: SpdyConnection
  /** The one that the server chose. */
  readonly protocol: string
}

/**
 * Asks a server to speak SPDY/3.1 and one of the protocols, the favourite first. Rejects when it cannot be reached, and
 * with its own words when it refuses. Certificates are not verified: the URL itself is the secret that the server gave.
 */
export function dialSpdy(url: string, protocols: readonly string[]): Promise<DialedSpdy> {
  const library = url.startsWith("https:") ? https() : http()
  return new Promise((resolve, reject) => {
    const request = library.request(url, {
      method: "POST",
      agent: false,
      rejectUnauthorized: false,
      headers: {
        Connection: "Upgrade",
        Upgrade: "SPDY/3.1",
        "Content-Length": "0",
        "X-Stream-Protocol-Version": [...protocols],
      },
    })
    request.once("error", reject)
    request.once("upgrade", (response: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (head.length > 0) socket.unshift(head)
      socket.on("error", () => undefined)
      const chosen = response.headers["x-stream-protocol-version"]
      const protocol = (Array.isArray(chosen) ? chosen[0] : chosen) ?? protocols[0] ?? ""
      resolve({ connection: createSpdyConnection(socket, { role: "client" }), protocol })
    })
    request.once("response", (response: IncomingMessage) => {
      const refused = (body: string) =>
        reject(new Error(`unable to upgrade connection: ${body.trim() || `status ${response.statusCode}`}`))
      text(response).then(refused, reject)
    })
    request.end()
  })
}
