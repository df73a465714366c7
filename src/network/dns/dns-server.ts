import { createSocket, type Socket as UdpSocket } from "node:dgram"
import { closeSync } from "node:fs"
import { createServer, isIP, type Server, type Socket } from "node:net"
import { cidrContains, familyOf, parseAddress, parseCidr } from "../../machinery/net/cidr.ts"
import { NewestMap } from "../../machinery/newest-map.ts"
import { bindUdp, listenTcp } from "../../platform/linux/sockets.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import type { Platform } from "../../platform/platform.ts"
import type { NodeRanges } from "../node-ranges.ts"
import type { DnsSettings } from "./dns-settings.ts"
import { nodeResolvConf } from "./resolv-conf.ts"
import { createResolver, type Resolver } from "./resolve.ts"
import { takeFrame, withLength } from "./tcp-frames.ts"
import { createUpstream } from "./upstream.ts"
import { Zone } from "./zone.ts"

export interface DnsServerOptions {
  /** The addresses it listens on: the bridge's. */
  readonly addresses: readonly string[]
  /** The addresses under which pods know it. */
  readonly dnsIps: readonly string[]
  readonly domain: string
  readonly ranges: readonly Pick<NodeRanges, "clusterCidr" | "serviceCidr">[]
  readonly nodeIps: readonly string[]
  /** Whether a pod of this node has the address, where addresses are not from the cluster's range. */
  readonly isPod?: (address: string) => boolean
  /** The namespace of the pod of this node that has the address. */
  readonly namespaceOf?: (address: string) => string | undefined
  readonly netns?: string
  /** Path of the machine's network namespace when the node has one of its own: name servers at loopback addresses are there. */
  readonly loopbackNetns?: string
  /** Instead of the node's, for tests. */
  readonly resolvConf?: string
  /** The first of these that is free is taken. Default: 53, and others for machines where somebody has that port of every address. */
  readonly ports?: readonly number[]
  readonly platform: Pick<Platform, "clock" | "random" | "log">
}

export interface DnsServer {
  /** What it knows of the cluster. */
  readonly zone: Zone
  /** Usually 53. */
  readonly port: number
  /** From now on these settings count for names outside the cluster. */
  configure(settings: DnsSettings): void
  /** May be repeated. */
  close(): Promise<void>
}

const PORTS = [53, 10053, 20053]
/** Of so many addresses it is remembered whether they are the cluster's. */
const CLIENTS_MAX = 4096
const TCP_IDLE_MS = 10_000
const TCP_CONNECTIONS_MAX = 512
/** Of one address: a quarter of what all may have. */
const TCP_CONNECTIONS_OF_CLIENT_MAX = 128
/** Of one connection that are answered at once. */
const TCP_QUERIES_MAX = 32

/** The node's name server, over UDP and TCP. Throws when it cannot listen. */
export function startDnsServer(options: DnsServerOptions): DnsServer {
  const { platform, dnsIps, addresses } = options
  const zone = new Zone(options.domain, dnsIps, Math.floor(platform.clock.nowMs() / 1000))
  const ranges = options.ranges.flatMap(({ clusterCidr, serviceCidr }) => [clusterCidr, serviceCidr]).map(parseCidr)
  const resolvConf = nodeResolvConf(options.resolvConf)
  const upstream = createUpstream({
    platform,
    // Itself is no upstream of its own.
    servers: () => resolvConf().servers.filter((server) => !dnsIps.includes(server) && !addresses.includes(server)),
    ...(options.netns !== undefined && { netns: options.netns }),
    ...(options.loopbackNetns !== undefined && { loopbackNetns: options.loopbackNetns }),
  })
  const isFromCluster = (client: bigint) => ranges.some((range) => cidrContains(range, client))
  const isKnown = (client: string) =>
    options.nodeIps.includes(client) ||
    addresses.includes(client) ||
    client.startsWith("127.") ||
    client === "::1" ||
    (isIP(client) !== 0 && !client.includes("%") && isFromCluster(parseAddress(client)))
  const clients = new NewestMap<string, boolean>(CLIENTS_MAX)
  const isInside = (client: string) => {
    let known = clients.get(client)
    if (known === undefined) clients.set(client, (known = isKnown(client)))
    return known || options.isPod?.(client) === true
  }
  const resolver = createResolver({
    ...(options.namespaceOf && { namespaceOf: options.namespaceOf }),
    zone,
    ranges,
    upstream,
    isInside,
    platform,
    nodeSearches: () => resolvConf().searches,
  })
  const { port, sockets } = openPorts(options)
  const servers = sockets.flatMap(({ address, udpFd, tcpFd }) => [
    serveUdp(udpFd, address, resolver, platform),
    serveTcp(tcpFd, resolver, platform),
  ])
  let closed: Promise<unknown> | undefined
  return {
    zone,
    port,
    configure: resolver.configure,
    async close() {
      closed ??= Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))))
      await closed
    },
  }
}

/** The same port at all addresses. */
function openPorts({ netns, addresses, ports = PORTS }: DnsServerOptions) {
  for (const port of ports) {
    const open: number[] = []
    const keep = (fd: number) => {
      open.push(fd)
      return fd
    }
    try {
      const sockets = addresses.map((address) => {
        const udpFd = keep(bindUdp(netns, { host: address, port }))
        return { address, udpFd, tcpFd: keep(listenTcp(netns, { host: address, port })) }
      })
      return { port, sockets }
    } catch (error) {
      for (const fd of open) closeSync(fd)
      if (!hasCode(error, "EADDRINUSE")) throw error
    }
  }
  const shown = addresses.join(" and ")
  throw new Error(`all of the ports ${ports.join(", ")} of ${shown} are in use, the cluster's DNS needs one of them`)
}

function serveUdp(fd: number, address: string, resolver: Resolver, platform: DnsServerOptions["platform"]): UdpSocket {
  const family = familyOf(address) === "IPv4" ? 4 : 6
  // Clients are addresses already: without a lookup of ours each answer would wait for the next turn of the event loop.
  const lookup = (client: string, _: unknown, found: (error: null, address: string, family: number) => void) =>
    found(null, client, family)
  const socket = createSocket({ type: `udp${family}`, lookup })
  socket.on("error", (error) => platform.log.warn("dns: a UDP answer could not be sent", { error }))
  socket.on("message", (message, client) => {
    // Only a forged question comes from there, and no answer can be sent to it.
    if (client.port === 0) return
    const send = (answer: Buffer | undefined) => answer && socket.send(answer, client.port, client.address)
    const answer = resolver.resolve(message, client.address, "udp")
    if (answer instanceof Promise)
      answer.then(send).catch((error: unknown) => platform.log.error("dns: a query failed", { error }))
    else send(answer)
  })
  socket.bind({ fd })
  return socket
}

function serveTcp(fd: number, resolver: Resolver, platform: DnsServerOptions["platform"]): Server {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    const ofClient = [...open].filter(({ remoteAddress }) => remoteAddress === socket.remoteAddress)
    if (ofClient.length >= TCP_CONNECTIONS_OF_CLIENT_MAX) {
      socket.destroy()
      return
    }
    open.add(socket)
    socket.once("close", () => open.delete(socket))
    serveConnection(socket, resolver, platform)
  })
  server.maxConnections = TCP_CONNECTIONS_MAX
  server.on("error", (error) => platform.log.error("dns: the TCP server failed", { error }))
  server.listen({ fd })
  const close = server.close.bind(server)
  server.close = (done) => {
    for (const socket of open) socket.destroy()
    return close(done)
  }
  return server
}

function serveConnection(socket: Socket, resolver: Resolver, platform: DnsServerOptions["platform"]): void {
  const client = (socket.remoteAddress ?? "").replace(/^::ffff:/, "")
  let received: Buffer = Buffer.alloc(0)
  let underWay = 0
  const stopIdle = () => idle.cancel()
  let idle = platform.clock.after(TCP_IDLE_MS, () => socket.destroy())
  socket.on("error", () => socket.destroy())
  socket.once("close", stopIdle)
  const answer = async (message: Buffer) => {
    underWay++
    try {
      const found = await resolver.resolve(message, client, "tcp")
      if (found && socket.writable) socket.write(withLength(found))
    } catch (error) {
      platform.log.error("dns: a query failed", { error })
    } finally {
      underWay--
      goOn()
    }
  }
  /** Takes as many questions as may be under way; more wait for the client to read the answers to these. */
  const goOn = () => {
    const isFull = () => underWay >= TCP_QUERIES_MAX || socket.writableNeedDrain
    for (let frame = takeFrame(received); frame && !isFull(); frame = takeFrame(received)) {
      received = frame.rest
      void answer(Buffer.from(frame.message))
    }
    if (isFull()) socket.pause()
    else socket.resume()
  }
  socket.on("drain", goOn)
  socket.on("data", (chunk: Buffer) => {
    stopIdle()
    idle = platform.clock.after(TCP_IDLE_MS, () => socket.destroy())
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    goOn()
  })
}
