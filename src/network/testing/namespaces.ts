/** For tests of this folder: throw-away network namespaces, and programs that run inside them. */

import { createSocket } from "node:dgram"
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs"
import { createServer, isIPv6, type Socket } from "node:net"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { messageOf } from "../../machinery/status/message-of.ts"
import { createNetworkNamespace, removeNetworkNamespace } from "../../platform/linux/netlink/network-namespace.ts"
import { openRtnetlink } from "../../platform/linux/netlink/rtnetlink.ts"
import { bindUdp, connectTcp, listenTcp } from "../../platform/linux/sockets.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import type { PodNetworkRequest } from "../../runtime/pod-network.ts"

export const platform = createNodePlatform({ logLevel: "error" })

/** The reason why real network tests cannot run here, or false. */
export const cannotRun = process.getuid?.() === 0 ? false : "needs root: makes network namespaces"

export interface TestBed {
  readonly dir: string
  /** The path of a new namespace, its loopback up. */
  namespace(name: string): string
  /** Runs at the end of the test, before the namespaces go; the last one first. */
  defer(cleanUp: () => unknown): void
  /** Leaves it to the bed to remove a namespace that the code under test pins below its folder. */
  adopt(netnsPath: string): string
  /** A veth pair between two namespaces, up, with addresses. */
  connect(one: LinkEnd, other: LinkEnd): void
  /** A TCP server on all addresses of the namespace that answers every connection with `text` and the client's address. */
  serve(netns: string, port: number, text: string, protocol?: "tcp" | "udp"): Promise<void>
  /** A TCP server that sends back what it receives. */
  echo(netns: string, port: number): Promise<void>
  /** A TCP connection that stays open. */
  open(netns: string, address: string, port: number): { exchange(line: string): Promise<string> }
  /** What the server at the other end says, or why not. */
  ask(netns: string, address: string, port: number): Promise<string>
  /** The same over UDP, from a chosen port. */
  askUdp(netns: string, address: string, port: number, sourcePort?: number): Promise<string>
  run(netns: string, file: string, ...args: string[]): Promise<string>
}

export interface LinkEnd {
  readonly netns: string
  readonly name: string
  /** With prefix length. */
  readonly address: string
}

/** Everything made through it is gone after the test. */
export function createTestBed(t: { after(cleanUp: () => unknown): void }): TestBed {
  const dir = mkdtempSync(`/run/gantry-test-${process.pid}-`)
  const namespaces: string[] = []
  const deferred: (() => unknown)[] = []
  const open: (() => void)[] = []
  t.after(async () => {
    for (const cleanUp of deferred.toReversed()) await cleanUp()
    for (const close of open) close()
    for (const path of namespaces) removeNetworkNamespace(path)
    rmSync(dir, { recursive: true })
  })

  function serveTcp(netns: string, port: number, serve: (socket: Socket) => void): void {
    const server = createServer((socket) => {
      open.push(() => socket.destroy())
      socket.on("error", () => socket.destroy())
      serve(socket)
    })
    server.listen({ fd: listenTcp(netns, { host: "::", port, bothFamilies: true }) })
    open.push(() => server.close())
  }

  async function run(netns: string, file: string, ...args: string[]): Promise<string> {
    const result = await platform.processes.run("nsenter", [`--net=${netns}`, file, ...args])
    return (result.stdout + result.stderr).trim()
  }

  return {
    dir,
    run,
    namespace(name) {
      const path = join(dir, name)
      createNetworkNamespace(path)
      namespaces.push(path)
      const rt = openRtnetlink(path)
      rt.changeLink(1, { up: true })
      rt.close()
      return path
    },
    defer: (cleanUp) => void deferred.push(cleanUp),
    adopt(path) {
      namespaces.push(path)
      return path
    },
    connect(one, other) {
      const rt = openRtnetlink(one.netns)
      const netnsFd = openSync(other.netns, "r")
      rt.createLink({ kind: "veth", name: one.name, peer: { name: other.name, netnsFd } })
      closeSync(netnsFd)
      rt.close()
      for (const end of [one, other]) raise(end)
    },
    async serve(netns, port, text, protocol = "tcp") {
      if (protocol === "tcp")
        serveTcp(netns, port, (socket) => socket.end(`${text} ${plain(socket.remoteAddress ?? "")}`))
      else {
        const socket = createSocket("udp6", (_message, { address, port: from }) =>
          socket.send(`${text} ${plain(address)}`, from, address),
        )
        socket.bind({ fd: bindUdp(netns, { host: "::", port, bothFamilies: true }) })
        open.push(() => socket.close())
      }
    },
    echo: async (netns, port) => serveTcp(netns, port, (socket) => socket.pipe(socket)),
    open(netns, address, port) {
      const socket = connectTcp(netns, { host: address, port })
      open.push(() => socket.destroy())
      const answers = socket.iterator({ destroyOnReturn: false })
      return {
        async exchange(line) {
          socket.write(line)
          const { value } = await answers.next()
          return String(value)
        },
      }
    },
    ask,
    askUdp,
  }
}

function raise({ netns, name, address }: LinkEnd): void {
  const rt = openRtnetlink(netns)
  const index = rt.link(name)?.index ?? 0
  rt.changeLink(index, { up: true })
  const [ip = "", prefixLength] = address.split("/")
  rt.setAddress({ index, address: ip, prefixLength: Number(prefixLength) })
  rt.close()
}

const ANSWER_MS = 5000

async function ask(netns: string, address: string, port: number): Promise<string> {
  const socket = connectTcp(netns, { host: address, port })
  const timer = platform.clock.after(ANSWER_MS, () => socket.destroy(new Error("no answer")))
  try {
    return await text(socket)
  } catch (error) {
    return words(error)
  } finally {
    timer.cancel()
    socket.destroy()
  }
}

function askUdp(netns: string, address: string, port: number, sourcePort = 0): Promise<string> {
  const [type, host] = isIPv6(address) ? (["udp6", "::"] as const) : (["udp4", "0.0.0.0"] as const)
  const socket = createSocket(type)
  const { promise, resolve } = Promise.withResolvers<string>()
  const timer = platform.clock.after(ANSWER_MS, () => resolve("no answer"))
  socket.on("error", (error) => resolve(words(error)))
  socket.on("message", (message) => resolve(String(message).trim()))
  socket.bind({ fd: bindUdp(netns, { host, port: sourcePort }) }, () => {
    socket.connect(port, address, () => socket.send("question\n"))
  })
  return promise.finally(() => {
    timer.cancel()
    socket.close()
  })
}

/** An IPv4 client of a socket of both families. */
const plain = (address: string): string => address.replace(/^::ffff:/, "")

function words(error: unknown): string {
  return hasCode(error, "ECONNREFUSED") ? "refused" : messageOf(error)
}

export function podRequest(sandboxId: string, netnsPath: string, more: Partial<PodNetworkRequest> = {}) {
  const names = { namespace: "default", name: sandboxId, podUid: sandboxId, labels: {} }
  return { sandboxId, netnsPath, interfaceName: "eth0", ...names, portMappings: [], annotations: {}, ...more }
}
