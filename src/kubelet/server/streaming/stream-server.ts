import type { IncomingMessage, Server } from "node:http"
import type { AddressInfo } from "node:net"
import type { Duplex } from "node:stream"
import type { Timer } from "../../../platform/clock.ts"
import { http, onFirstCall } from "../../../platform/on-first-use.ts"
import type { Platform } from "../../../platform/platform.ts"
import type { AttachRequest, ContainerId, ContainerRuntime, ExecRequest, SandboxId } from "../../../runtime/runtime.ts"
import type { RemoteStreams, StreamOptions } from "./remote-streams.ts"
import { isSpdy, isWebSocket, refuse, type Upgrade } from "./upgrade.ts"

const { parsePorts, servePortForward } = onFirstCall<typeof import("./port-forward.ts")>(
  "./port-forward.ts",
  import.meta.url,
)
const { openRemoteStreams } = onFirstCall<typeof import("./remote-streams.ts")>("./remote-streams.ts", import.meta.url)
const { serveAttach, serveExec } = onFirstCall<typeof import("./serve-command.ts")>(
  "./serve-command.ts",
  import.meta.url,
)

/**
 * Streams into containers for clients of a CRI runtime, which ask the runtime for a URL and connect there, by SPDY or
 * WebSocket. It listens on loopback from the first URL on. A URL is secret, and good for one connection within a minute.
 */
export interface StreamServer {
  exec(container: ContainerId, request: ExecRequest): Promise<string>
  attach(container: ContainerId, request: AttachRequest): Promise<string>
  portForward(sandbox: SandboxId): Promise<string>
  /** Stops listening and ends all streams. */
  close(): void
}

const LOOPBACK = "127.0.0.1"
const TOKEN_BYTES = 24
const TOKEN_MS = 60_000
/** URLs that nobody has used; more are refused, so that a client in a loop does no harm. */
const UNUSED_MAX = 1000

type Serve = (upgrade: Upgrade) => Promise<void>

export function createStreamServer(options: {
  readonly runtime: Pick<ContainerRuntime, "exec" | "attach" | "portForward">
  readonly platform: Pick<Platform, "clock" | "random" | "log">
}): StreamServer {
  return new TokenServer(options)
}

class TokenServer implements StreamServer {
  readonly #options: Parameters<typeof createStreamServer>[0]
  readonly #waiting = new Map<string, { readonly serve: Serve; readonly expiry: Timer }>()
  readonly #sockets = new Set<Duplex>()
  #listening: Promise<{ readonly server: Server; readonly port: number }> | undefined

  constructor(options: Parameters<typeof createStreamServer>[0]) {
    this.#options = options
  }

  exec(container: ContainerId, request: ExecRequest): Promise<string> {
    const { platform, runtime } = this.#options
    return this.#url("exec", (upgrade) =>
      this.#withStreams(upgrade, request, (streams) =>
        serveExec(streams, request.cmd, () => runtime.exec(container, request), platform.log),
      ),
    )
  }

  attach(container: ContainerId, request: AttachRequest): Promise<string> {
    const { platform, runtime } = this.#options
    return this.#url("attach", (upgrade) =>
      this.#withStreams(upgrade, request, (streams) =>
        serveAttach(streams, () => runtime.attach(container, request), platform.log),
      ),
    )
  }

  portForward(sandbox: SandboxId): Promise<string> {
    const { platform, runtime } = this.#options
    return this.#url("portforward", (upgrade) => {
      const query = new URL(upgrade.request.url ?? "/", "http://localhost").searchParams
      const ports = query.has("port") ? parsePorts(query) : []
      const target = { podName: sandbox, podUid: "", connect: (port: number) => runtime.portForward(sandbox, port) }
      return servePortForward(upgrade, target, ports, platform.clock)
    })
  }

  close(): void {
    void this.#listening?.then(({ server }) => server.close())
    for (const socket of this.#sockets) socket.destroy()
    for (const { expiry } of this.#waiting.values()) expiry.cancel()
    this.#waiting.clear()
  }

  async #withStreams(upgrade: Upgrade, options: StreamOptions, serve: (streams: RemoteStreams) => Promise<void>) {
    const streams = await openRemoteStreams(upgrade, options, this.#options.platform.clock)
    if (streams !== undefined) await serve(streams)
  }

  async #url(kind: string, serve: Serve): Promise<string> {
    if (this.#waiting.size >= UNUSED_MAX)
      throw new Error("too many streams were asked for and not used: try again later")
    this.#listening ??= this.#listen()
    const { port } = await this.#listening
    const { clock, random } = this.#options.platform
    const token = Buffer.from(random.bytes(TOKEN_BYTES)).toString("base64url")
    this.#waiting.set(token, { serve, expiry: clock.after(TOKEN_MS, () => void this.#waiting.delete(token)) })
    return `http://${LOOPBACK}:${port}/${kind}/${token}`
  }

  #listen(): Promise<{ readonly server: Server; readonly port: number }> {
    const server = http().createServer((_request, response) => {
      response.writeHead(404).end()
    })
    server.on("connection", (socket) => {
      this.#sockets.add(socket)
      socket.on("error", () => socket.destroy()).once("close", () => this.#sockets.delete(socket))
    })
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#serve({ request, socket, head }).catch((error: unknown) => {
        this.#options.platform.log.error("a stream failed", { error })
        socket.destroy()
      })
    })
    return new Promise((resolve, reject) => {
      server.once("error", reject)
      server.listen(0, LOOPBACK, () => resolve({ server, port: (server.address() as AddressInfo).port }))
    })
  }

  async #serve(upgrade: Upgrade): Promise<void> {
    const token = (upgrade.request.url ?? "").split("?", 1)[0]?.split("/")[2] ?? ""
    const waiting = this.#waiting.get(token)
    if (waiting === undefined) return refuse(upgrade, 404, "this URL is not known, or was used before")
    if (!isWebSocket(upgrade) && !isSpdy(upgrade))
      return refuse(upgrade, 400, "expected an upgrade to SPDY or WebSocket")
    this.#waiting.delete(token)
    waiting.expiry.cancel()
    await waiting.serve(upgrade)
  }
}
