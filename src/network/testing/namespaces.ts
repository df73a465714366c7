/** For tests of this folder: throw-away network namespaces, and programs that run inside them. */

import { createSocket } from "node:dgram"
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs"
import { join } from "node:path"
import { createNetworkNamespace, removeNetworkNamespace } from "../../platform/linux/netlink/network-namespace.ts"
import { openRtnetlink } from "../../platform/linux/netlink/rtnetlink.ts"
import { bindUdp } from "../../platform/linux/sockets.ts"
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
  const servers: { kill(signal: "SIGKILL"): void }[] = []
  t.after(async () => {
    for (const cleanUp of deferred.toReversed()) await cleanUp()
    for (const server of servers) server.kill("SIGKILL")
    for (const path of namespaces) removeNetworkNamespace(path)
    rmSync(dir, { recursive: true })
  })

  async function run(netns: string, file: string, ...args: string[]): Promise<string> {
    const result = await platform.processes.run("nsenter", [`--net=${netns}`, file, ...args])
    return (result.stdout + result.stderr).trim()
  }

  async function listen(netns: string, ...addresses: string[]): Promise<void> {
    const args = [`--net=${netns}`, "socat", "-d", "-d", ...addresses]
    const server = platform.processes.spawn("nsenter", args, { stdio: ["ignore", "ignore", "pipe"] })
    servers.push(server)
    for await (const line of server.stderr ?? []) {
      if (String(line).includes("listening on")) break
    }
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
    serve(netns, port, text, protocol = "tcp") {
      return listen(
        netns,
        `${protocol.toUpperCase()}4-LISTEN:${port},fork,reuseaddr`,
        `SYSTEM:echo ${text} $SOCAT_PEERADDR`,
      )
    },
    askUdp,
    echo: (netns, port) => listen(netns, `TCP4-LISTEN:${port},fork,reuseaddr`, "PIPE"),
    open(netns, address, port) {
      const child = platform.processes.spawn("nsenter", [`--net=${netns}`, "socat", "-", `TCP4:${address}:${port}`])
      servers.push(child)
      const answers = child.stdout?.iterator({ destroyOnReturn: false })
      return {
        async exchange(line) {
          child.stdin?.write(`${line}\n`)
          const { value } = (await answers?.next()) ?? {}
          return String(value).trim()
        },
      }
    },
    async ask(netns, address, port) {
      const answer = await run(netns, "timeout", "5", "socat", "-u", `TCP4:${address}:${port}`, "-")
      if (answer.includes("refused")) return "refused"
      return answer === "" ? "no answer" : answer
    },
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

const UDP_ANSWER_MS = 3000

function askUdp(netns: string, address: string, port: number, sourcePort = 0): Promise<string> {
  const socket = createSocket("udp4")
  const { promise, resolve } = Promise.withResolvers<string>()
  const timer = platform.clock.after(UDP_ANSWER_MS, () => resolve("no answer"))
  socket.on("error", (error) => resolve(error.message.includes("ECONNREFUSED") ? "refused" : error.message))
  socket.on("message", (message) => resolve(String(message).trim()))
  socket.bind({ fd: bindUdp(netns, { host: "0.0.0.0", port: sourcePort }) }, () => {
    socket.connect(port, address, () => socket.send("question\n"))
  })
  return promise.finally(() => {
    timer.cancel()
    socket.close()
  })
}

export function podRequest(sandboxId: string, netnsPath: string, more: Partial<PodNetworkRequest> = {}) {
  const names = { namespace: "default", name: sandboxId, podUid: sandboxId }
  return { sandboxId, netnsPath, interfaceName: "eth0", ...names, portMappings: [], annotations: {}, ...more }
}
