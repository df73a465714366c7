import { createSocket } from "node:dgram"
import { isIPv6 } from "node:net"
import { bindUdp, connectTcp } from "../../platform/linux/sockets.ts"
import type { Platform } from "../../platform/platform.ts"
import type { NameServer } from "./dns-settings.ts"
import { HEADER_BYTES, rcodeOf } from "./message.ts"
import { rcodes } from "./record.ts"
import { takeFrame, withLength } from "./tcp-frames.ts"

export type Transport = "udp" | "tcp"

export interface Upstream {
  /**
   * Asks the servers one after the other until one answers, those last that were silent a moment ago; `servers`: default
   * the node's own. The answer has the id of `query`. Undefined when none answers in time or there are none.
   */
  ask(query: Buffer, transport: Transport, servers?: readonly NameServer[]): Promise<Buffer | undefined>
}

export interface UpstreamOptions {
  readonly platform: Pick<Platform, "clock" | "random">
  /** IP addresses; asked for each query. */
  readonly servers: () => readonly string[]
  readonly netns?: string
  /** Path of the namespace where servers at loopback addresses listen, when it is another. */
  readonly loopbackNetns?: string
}

/** What resolvers wait for one server; together with the next attempt less than the five seconds that clients wait. */
const TIMEOUT_MS = 2000
const SERVERS_MAX = 3
/** A server that did not answer is asked after the others for so long. */
const SILENT_MS = 10_000
const DNS_PORT = 53
/** A server that says so may be broken while the next one is not. */
const unhelpful: ReadonlySet<number> = new Set([rcodes.SERVFAIL, rcodes.NOTIMP, rcodes.REFUSED])

export function createUpstream(options: UpstreamOptions): Upstream {
  const { platform } = options
  const netnsFor = (server: string) => (isLoopback(server) ? (options.loopbackNetns ?? options.netns) : options.netns)
  const silentUntilMs = new Map<string, number>()
  const keyOf = ({ address, port = DNS_PORT }: NameServer) => `${address} ${port}`

  /** Nobody waits for a dead server twice, as long as there is another. */
  function inOrder(servers: readonly NameServer[]): readonly NameServer[] {
    if (silentUntilMs.size === 0) return servers
    const now = platform.clock.monotonicMs()
    for (const [key, untilMs] of silentUntilMs) if (untilMs <= now) silentUntilMs.delete(key)
    const isSilent = (server: NameServer) => silentUntilMs.has(keyOf(server))
    return [...servers.filter((server) => !isSilent(server)), ...servers.filter(isSilent)]
  }

  return {
    async ask(query, transport, servers = options.servers().map((address) => ({ address }))) {
      let last: Buffer | undefined
      for (const server of inOrder(servers.slice(0, SERVERS_MAX))) {
        const { address, port = DNS_PORT } = server
        const outgoing = Buffer.from(query)
        // Not the client's: an id that nobody can guess is what keeps strangers from answering in the server's place.
        const id = platform.random.int(65536)
        outgoing.writeUInt16BE(id, 0)
        const answer = await (transport === "udp" ? askUdp : askTcp)(outgoing, { host: address, port })
        if (!answer) {
          silentUntilMs.set(keyOf(server), platform.clock.monotonicMs() + SILENT_MS)
          continue
        }
        silentUntilMs.delete(keyOf(server))
        answer.writeUInt16BE(query.readUInt16BE(0), 0)
        if (!unhelpful.has(rcodeOf(answer))) return answer
        last = answer
      }
      return last
    },
  }

  /** A socket for each question: its port is as hard to guess as its id. */
  function askUdp(query: Buffer, server: { host: string; port: number }): Promise<Buffer | undefined> {
    const socket = createSocket(isIPv6(server.host) ? "udp6" : "udp4")
    return new Promise((resolve) => {
      let finished = false
      const finish = (answer: Buffer | undefined) => {
        if (finished) return
        finished = true
        timer.cancel()
        socket.close()
        resolve(answer)
      }
      const timer = platform.clock.after(TIMEOUT_MS, () => finish(undefined))
      socket.on("error", () => finish(undefined))
      socket.on("message", (message) => {
        if (answers(message, query)) finish(message)
      })
      const fd = bindUdp(netnsFor(server.host), { host: isIPv6(server.host) ? "::" : "0.0.0.0", port: 0 })
      socket.bind({ fd }, () => {
        // Connected: only this server is heard, and "nobody listens there" is an error at once, as is "no way there".
        socket.connect(server.port, server.host, (error?: Error) => (error ? finish(undefined) : socket.send(query)))
      })
    })
  }

  function askTcp(query: Buffer, server: { host: string; port: number }): Promise<Buffer | undefined> {
    return new Promise((resolve) => {
      const socket = connectTcp(netnsFor(server.host), server)
      const finish = (answer: Buffer | undefined) => {
        timer.cancel()
        socket.destroy()
        resolve(answer)
      }
      const timer = platform.clock.after(TIMEOUT_MS, () => finish(undefined))
      let received = Buffer.alloc(0)
      socket.on("error", () => finish(undefined))
      socket.once("close", () => finish(undefined))
      socket.on("data", (chunk: Buffer) => {
        received = Buffer.concat([received, chunk])
        const frame = takeFrame(received)
        if (frame) finish(answers(frame.message, query) ? Buffer.from(frame.message) : undefined)
      })
      socket.write(withLength(query))
    })
  }
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1"
}

/** Is it a response to this very question? */
function answers(message: Buffer, query: Buffer): boolean {
  if (message.length < HEADER_BYTES || (message.readUInt16BE(2) & 0x8000) === 0) return false
  if (message.readUInt16BE(0) !== query.readUInt16BE(0) || message.readUInt16BE(4) !== 1) return false
  const end = questionEnd(query)
  return sameLetters(message.subarray(HEADER_BYTES, end), query.subarray(HEADER_BYTES, end))
}

function questionEnd(query: Buffer): number {
  let at = HEADER_BYTES
  while (at < query.length && query[at] !== 0) at += 1 + (query[at] ?? 0)
  return at + 5
}

function sameLetters(one: Buffer, other: Buffer): boolean {
  return one.toString("latin1").toLowerCase() === other.toString("latin1").toLowerCase()
}
