import { createSocket, type Socket } from "node:dgram"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { startDnsServer } from "../../src/network/dns/dns-server.ts"
import { platform } from "../../src/network/testing/namespaces.ts"
import { endpoint, port, service, slice } from "../../src/network/testing/objects.ts"
import { bindUdp } from "../../src/platform/linux/sockets.ts"
import { addPods, CIDRS, withBed } from "./bed.ts"

export interface DnsFigures {
  readonly perSecond: number
  readonly p99Ms: number
  /** Of the server, for one answer; the kernel's part of it too. */
  readonly cpuMicros: number
}

const RUN_MS = 3000
const OUTSTANDING = 64
const SERVICES = 1000
/** One alone may not ask as much as the server can answer. */
const PODS = 8

const SOCKETS = new URL("../../src/platform/linux/sockets.ts", import.meta.url).href

/** Asks from all pods, with so many questions under way, and prints how it went. */
const asker = (pods: readonly string[], address: string, port: number, names: readonly string[]) => `
  import { createSocket } from "node:dgram"
  import { bindUdp } from ${JSON.stringify(SOCKETS)}
  const question = (name) => Buffer.concat([
    Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    ...name.split(".").flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]),
    Buffer.from([0, 0, 1, 0, 1]),
  ])
  const questions = ${JSON.stringify(names)}.map(question)
  const sentAt = new Float64Array(65536)
  const times = []
  let id = 0
  const end = performance.now() + ${RUN_MS}
  const ask = (socket) => {
    id = (id + 1) & 0xffff
    const message = questions[id % questions.length]
    message.writeUInt16BE(id, 0)
    sentAt[id] = performance.now()
    socket.send(Buffer.from(message))
  }
  for (const pod of ${JSON.stringify(pods)}) {
    const socket = createSocket("udp4")
    socket.on("message", (answer) => {
      times.push(performance.now() - sentAt[answer.readUInt16BE(0)])
      if (performance.now() < end) ask(socket)
    })
    socket.bind({ fd: bindUdp(pod, { host: "0.0.0.0", port: 0 }) }, () =>
      socket.connect(${port}, "${address}", () => { for (let i = 0; i < ${OUTSTANDING / PODS}; i++) ask(socket) }))
  }
  setTimeout(() => {
    times.sort((a, b) => a - b)
    console.log(JSON.stringify({ perSecond: times.length / ${RUN_MS / 1000}, p99Ms: times[Math.floor(times.length * 0.99)] }))
    process.exit(0)
  }, ${RUN_MS})`

/** Names of services, a name from outside that is cached, and the floor. */
export function measureDns(): Promise<Readonly<Record<"cluster" | "cached" | "bare", DnsFigures>>> {
  return withBed(async (bed) => {
    const node = { netns: bed.namespace("node"), podCidr: "10.244.0.0/24", nodeIp: "192.0.2.1" }
    const pods = await addPods(bed, node, PODS)
    const world = bed.namespace("world")
    bed.connect(
      { netns: node.netns, name: "up", address: "192.0.2.1/24" },
      { netns: world, name: "up", address: "192.0.2.2/24" },
    )
    const resolvConf = join(bed.dir, "resolv.conf")
    writeFileSync(resolvConf, "nameserver 192.0.2.2\n")
    const common = { dnsIps: ["10.96.0.10"], nodeIps: [node.nodeIp], ranges: [CIDRS], resolvConf, platform }
    const upstream = startDnsServer({ ...common, addresses: ["192.0.2.2"], domain: "example.com", netns: world })
    const server = startDnsServer({ ...common, addresses: ["10.244.0.1"], domain: "cluster.local", netns: node.netns })
    bed.defer(() => Promise.all([server.close(), upstream.close()]))
    const web = (name: string) =>
      [
        service(name, { clusterIP: "10.96.0.20", ports: [port(80)] }),
        [slice(name, 8080, [endpoint("10.244.0.2", "here")])],
      ] as const
    for (let index = 0; index < SERVICES; index++) server.zone.set(...web(`service-${index}`))
    upstream.zone.set(...web("www"))
    const names = Array.from({ length: SERVICES }, (_, index) => `service-${index}.default.svc.cluster.local`)
    const echo = await startEcho(node.netns)
    bed.defer(() => echo.close())
    const ask = (port: number, asked: readonly string[]) => measure(asker(pods, "10.244.0.1", port, asked))
    return {
      cluster: await ask(server.port, names),
      cached: await ask(server.port, ["www.default.svc.example.com"]),
      bare: await ask(ECHO_PORT, names),
    }
  })
}

async function measure(script: string): Promise<DnsFigures> {
  const before = process.cpuUsage()
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", script]
  const { stdout } = await platform.processes.run(process.execPath, args)
  const { user, system } = process.cpuUsage(before)
  const found = JSON.parse(stdout) as Omit<DnsFigures, "cpuMicros">
  return { ...found, cpuMicros: (user + system) / (found.perSecond * (RUN_MS / 1000)) }
}

const ECHO_PORT = 5353

/** What answers everything with itself: the floor for any server in one process of Node. */
function startEcho(netns: string): Promise<Socket> {
  const socket = createSocket("udp4", (message, from) => socket.send(message, from.port, from.address))
  const fd = bindUdp(netns, { host: "0.0.0.0", port: ECHO_PORT })
  return new Promise((resolve) => socket.bind({ fd }, () => resolve(socket)))
}
