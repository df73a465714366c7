/** The kubelet's HTTPS API: what the API server calls for logs, exec, attach, port forwarding and statistics. */
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer, type Server } from "node:https"
import type { AddressInfo } from "node:net"
import type { Duplex } from "node:stream"
import { messageOf } from "../../machinery/status/message-of.ts"
import { onFirstCall } from "../../platform/on-first-use.ts"
import { HttpError, sendText } from "./answer.ts"
import { type AuthenticateToken, authenticate } from "./authentication.ts"
import { type Authorize, attributesOf, whyForbidden } from "./authorization.ts"
import { type KubeletServerNeeds, RequestContext } from "./context.ts"
import { measureRequests } from "./request-metrics.ts"
import type { Route } from "./routes.ts"
import { isSpdy, isWebSocket, refuse } from "./streaming/upgrade.ts"

export type { AuthenticateToken, KubeletUser } from "./authentication.ts"
export type { Authorize, NodeAttributes } from "./authorization.ts"
export type { KubeletServerNeeds } from "./context.ts"

/** Nobody may ever ask this node for anything. */
const { findRoute } = onFirstCall<typeof import("./routes.ts")>("./routes.ts", import.meta.url)

export interface KubeletServerOptions extends KubeletServerNeeds {
  /** The address to listen on. */
  readonly address: string
  /** Kubernetes' is 10250; 0 takes any free one. */
  readonly port: number
  /** The serving certificate, as PEM. */
  readonly cert: string
  readonly key: string
  /** The CA (or several) that signs the client certificates of those who may ask, as PEM. */
  readonly clientCa: string
  /** For bearer tokens; absent: client certificates only. */
  readonly authenticateToken?: AuthenticateToken
  readonly authorize: Authorize
}

export interface KubeletServer {
  readonly address: string
  readonly port: number
  /** Uses another certificate for new connections. */
  setCertificate(cert: string, key: string): void
  /** Stops listening and ends every connection. Containers go on; commands that clients run in them end. */
  close(): Promise<void>
}

// `kubectl exec` puts the whole command into the URL.
const HEADER_BYTES_MAX = 1 << 20
// Finds clients that vanished without a word, as long sessions may be silent.
const KEEP_ALIVE_MS = 30_000
// Longer than clients keep idle connections, so that none is closed as they take it up again.
const IDLE_MS = 180_000

/** Resolves when it listens; rejects when the address is taken or not ours, or the certificates are no good. */
export async function startKubeletServer(options: KubeletServerOptions): Promise<KubeletServer> {
  const { clientCa } = options
  const log = options.platform.log.with({ component: "kubelet-server" })
  const server = createServer({
    cert: options.cert,
    key: options.key,
    ca: clientCa,
    requestCert: true,
    // Who is not known is told so over HTTP.
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
    maxHeaderSize: HEADER_BYTES_MAX,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    shouldUpgradeCallback: wantsUpgrade,
  })
  // Logs are followed and commands run for as long as they take.
  server.requestTimeout = 0
  server.timeout = 0
  server.keepAliveTimeout = IDLE_MS
  const sockets = new Set<Duplex>()
  server.on("secureConnection", (socket: Duplex) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
    socket.on("error", () => socket.destroy())
  })
  const context = new RequestContext(options, log)
  const measure = options.registry && measureRequests(options.registry, options.platform.clock)
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    measure?.(request, response)
    answer(request, response, options, context).catch((error: unknown) => {
      log.error("request failed", { path: request.url, error })
      response.destroy()
    })
  })
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    measure?.(request, socket)
    upgrade(request, socket, head, options, context).catch((error: unknown) => {
      log.error("streaming request failed", { path: request.url, error })
      socket.destroy()
    })
  })
  const bound = await listen(server, options.port, options.address)
  return {
    ...bound,
    setCertificate: (cert, key) => server.setSecureContext({ cert, key, ca: clientCa }),
    close() {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      return closed
    },
  }
}

function listen(server: Server, port: number, address: string): Promise<{ address: string; port: number }> {
  return new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, address, () => {
      server.off("error", reject)
      const bound = server.address() as AddressInfo
      resolve({ address: bound.address, port: bound.port })
    })
  })
}

/** Other upgrades, such as to HTTP/2 without TLS, are not taken up, and the request is answered as it is. */
function wantsUpgrade(request: IncomingMessage): boolean {
  const route = findRoute(request.method ?? "", pathOf(request))
  return route.kind === "stream" && (isWebSocket({ request }) || isSpdy({ request }))
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: KubeletServerOptions,
  context: RequestContext,
): Promise<void> {
  try {
    const route = await admit(request, options)
    if (route.kind === "stream") throw new HttpError(500, "Upgrade request required")
    await route.serve(context.of(request), response)
  } catch (error) {
    if (response.headersSent) throw error
    const { status, message } = asHttpError(error)
    sendText(response, status, message)
  }
}

async function upgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: KubeletServerOptions,
  context: RequestContext,
): Promise<void> {
  let begin: (() => Promise<void>) | undefined
  try {
    const route = await admit(request, options)
    if (route.kind !== "stream") throw new HttpError(400, "unable to upgrade: nothing is streamed here")
    begin = await route.prepare(context.of(request), { request, socket, head })
  } catch (error) {
    const { status, message } = asHttpError(error)
    refuse({ socket }, status, message)
  }
  await begin?.()
}

/** The route of a request that is allowed. */
async function admit(
  request: IncomingMessage,
  options: KubeletServerOptions,
): Promise<Exclude<Route, { kind: "none" }>> {
  const user = await authenticate(request, options.authenticateToken)
  if (user === undefined) throw new HttpError(401, "Unauthorized")
  const attributes = attributesOf(request.method ?? "", pathOf(request), options.nodeName)
  const reason = await whyForbidden(user, attributes, options.authorize)
  if (reason !== undefined) throw new HttpError(403, reason)
  const route = findRoute(request.method ?? "", pathOf(request))
  if (route.kind === "none") throw new HttpError(route.status, route.text)
  return route
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?", 1)[0] ?? "/"
}

function asHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error
  return new HttpError(500, messageOf(error), { cause: error })
}
