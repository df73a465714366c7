import type { IncomingMessage, ServerResponse } from "node:http"
import { createSecureServer, type Http2Session, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2"
import type { AddressInfo } from "node:net"
import type { Duplex } from "node:stream"
import type { Clock } from "../../platform/clock.ts"
import type { ExchangeHandler } from "./exchange.ts"
import { Http1Exchange, Http2Exchange, UpgradeExchange } from "./exchanges.ts"

/** One TLS port that speaks HTTP/2 and HTTP/1.1 (by ALPN), with optional client certificates. */
export interface TlsServer {
  /** Begins to accept connections and returns where. Port 0 takes any free one. */
  listen(port: number, host?: string): Promise<{ readonly host: string; readonly port: number }>
  /** Uses another certificate for new connections. */
  setCertificate(cert: string, key: string): void
  /** Stops accepting, lets running requests finish for `graceMs`, then ends what is left. */
  close(graceMs?: number): Promise<void>
}

export interface TlsServerOptions {
  readonly cert: string
  readonly key: string
  /** CAs whose client certificates are asked for. The handler decides whether it trusts one. */
  readonly clientCa: readonly string[]
  readonly handler: ExchangeHandler
  readonly clock: Pick<Clock, "after">
}

// As net/http's default, which stock clients rely on: `kubectl exec` puts the whole command into the URL.
const HEADER_BYTES_MAX = 1 << 20
// Informers of many kinds share one connection.
const STREAMS_MAX = 1000
const STREAM_WINDOW_BYTES = 256 << 10
const SESSION_WINDOW_BYTES = 4 << 20
const SESSION_MEMORY_MEGABYTES = 512
const KEEP_ALIVE_MS = 180_000
const CLOSE_GRACE_MS = 2_000

export function createTlsServer(options: TlsServerOptions): TlsServer {
  const { handler } = options
  // Node reads maxHeaderSize here too; its type declarations have forgotten it.
  const http1Options: { readonly keepAliveTimeout: number; readonly maxHeaderSize: number } = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
  }
  const server = createSecureServer({
    cert: options.cert,
    key: options.key,
    ca: [...options.clientCa],
    requestCert: true,
    rejectUnauthorized: false,
    allowHTTP1: true,
    minVersion: "TLSv1.2",
    maxSessionMemory: SESSION_MEMORY_MEGABYTES,
    settings: {
      maxConcurrentStreams: STREAMS_MAX,
      initialWindowSize: STREAM_WINDOW_BYTES,
      maxHeaderListSize: HEADER_BYTES_MAX,
    },
    http1Options,
  })
  const sessions = new Set<Http2Session>()
  const sockets = new Set<Duplex>()
  let closing = false

  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (closing) response.shouldKeepAlive = false
    handler(new Http1Exchange(request, response))
  })
  // Listening for requests also makes node build its HTTP/2 compatibility objects; streams are handled raw instead.
  server.removeAllListeners("stream")
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw: string[]) => {
    handler(new Http2Exchange(stream, headers, raw))
  })
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    handler(new UpgradeExchange(request, socket, head))
  })
  server.on("session", (session: Http2Session) => {
    sessions.add(session)
    session.once("close", () => sessions.delete(session))
    session.on("error", () => session.destroy())
    session.setLocalWindowSize(SESSION_WINDOW_BYTES)
  })
  server.on("secureConnection", (socket: Duplex) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
    socket.on("error", () => socket.destroy())
  })

  return {
    listen: (port, host = "127.0.0.1") =>
      new Promise((resolve, reject) => {
        server.once("error", reject)
        server.listen(port, host, () => {
          server.off("error", reject)
          const address = server.address() as AddressInfo
          resolve({ host: address.address, port: address.port })
        })
      }),
    setCertificate: (cert, key) => server.setSecureContext({ cert, key, ca: [...options.clientCa] }),
    close: (graceMs = CLOSE_GRACE_MS) => {
      closing = true
      return new Promise((resolve) => {
        const timer = options.clock.after(graceMs, () => {
          for (const socket of sockets) socket.destroy()
        })
        server.close(() => {
          timer.cancel()
          resolve()
        })
        // GOAWAY: no new streams, the running ones may end.
        for (const session of sessions) session.close()
        if ("closeIdleConnections" in server && typeof server.closeIdleConnections === "function") {
          server.closeIdleConnections()
        }
      })
    },
  }
}
