import type { IncomingMessage, ServerResponse } from "node:http"
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2"
import type { AddressInfo, Socket } from "node:net"
import type { Duplex } from "node:stream"
import type { Clock } from "../../platform/clock.ts"
import { createConnections, FIRST_REQUEST_MS, IDLE_MS } from "./connections.ts"
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
  readonly clock: Pick<Clock, "after" | "monotonicMs">
  /** See `ConnectionLimits`. */
  readonly connectionsMax: number
}

// As net/http's default, which stock clients rely on: `kubectl exec` puts the whole command into the URL.
const HEADER_BYTES_MAX = 1 << 20
// Informers of many kinds share one connection.
const STREAMS_MAX = 1000
const STREAM_WINDOW_BYTES = 256 << 10
const SESSION_WINDOW_BYTES = 4 << 20
const SESSION_MEMORY_MEGABYTES = 512
// By size alone, as Go: node would drop some of HTTP/1.1 unseen, and among them could be whom the request acts as.
const HEADERS_MAX = 0
const HTTP2_HEADERS_MAX = HEADER_BYTES_MAX / 32
// Fields are at most as large as HPACK's table (4 KiB) when they cost nothing to send.
const HTTP2_FIELDS_UNMEASURED = 2 * 250
const HEADERS_TOO_LARGE = 431
// Finds machines that vanished; as Kubernetes.
const KEEP_ALIVE_PROBE_MS = 180_000
const CLOSE_GRACE_MS = 2_000

export function createTlsServer(options: TlsServerOptions): TlsServer {
  const { handler } = options
  // Node reads maxHeaderSize here too; its type declarations have forgotten it.
  const http1Options: { readonly keepAliveTimeout: number; readonly maxHeaderSize: number } = {
    keepAliveTimeout: IDLE_MS,
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
    maxHeaderListPairs: HTTP2_HEADERS_MAX,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS,
    settings: {
      maxConcurrentStreams: STREAMS_MAX,
      initialWindowSize: STREAM_WINDOW_BYTES,
      maxHeaderListSize: HEADER_BYTES_MAX,
    },
    http1Options,
  })
  const sessions = new Set<Http2Session>()
  const connections = createConnections(options)
  let closing = false
  limitHttp1(server)
  server.on("connection", (socket: Socket) => connections.opened(socket))

  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (closing) response.shouldKeepAlive = false
    handler(new Http1Exchange(request, response, connections.of(request.socket)))
  })
  // Listening for requests also makes node build its HTTP/2 compatibility objects; streams are handled raw instead.
  server.removeAllListeners("stream")
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw: string[]) => {
    const exchange = new Http2Exchange(stream, headers, raw, connections.of(stream.session))
    if (areTooLarge(raw)) exchange.respond(HEADERS_TOO_LARGE, {})
    else handler(exchange)
  })
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    handler(new UpgradeExchange(request, socket, head, connections.of(request.socket)))
  })
  server.on("session", (session: Http2Session) => {
    sessions.add(session)
    connections.secured(session)
    session.once("close", () => sessions.delete(session))
    session.on("error", () => session.destroy())
    session.setLocalWindowSize(SESSION_WINDOW_BYTES)
  })
  server.on("secureConnection", (socket: Duplex) => {
    connections.secured(socket)
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
          connections.destroyAll()
        })
        server.close(() => {
          timer.cancel()
          resolve()
        })
        if (graceMs <= 0) connections.destroyAll()
        // GOAWAY: no new streams, the running ones may end.
        for (const session of sessions) session.close()
        if ("closeIdleConnections" in server && typeof server.closeIdleConnections === "function") {
          server.closeIdleConnections()
        }
      })
    },
  }
}

/** Node keeps to the announced size only when the client says that it has seen it. Names and values in turn. */
function areTooLarge(raw: readonly string[]): boolean {
  if (raw.length <= HTTP2_FIELDS_UNMEASURED) return false
  let length = 0
  for (const each of raw) length += each.length
  return length > HEADER_BYTES_MAX
}

/** Node's declarations know these of plain servers only. */
function limitHttp1(server: Http2SecureServer): void {
  Object.assign(server, {
    maxHeadersCount: HEADERS_MAX,
    headersTimeout: FIRST_REQUEST_MS,
    // Uploads through proxies may take long; the front limits how long a body may take otherwise.
    requestTimeout: 0,
  })
}
