import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { startDnsServer } from "../../src/network/dns/dns-server.ts"
import { platform, type TestBed } from "../../src/network/testing/namespaces.ts"
import { endpoint, port, service, slice } from "../../src/network/testing/objects.ts"
import { addPods, CIDRS, withBed } from "./bed.ts"
import { ready } from "./stream.ts"

export interface DnsFigures {
  readonly perSecond: number
  readonly p99Ms: number
}

const RUN_MS = 3000
const OUTSTANDING = 64
const SERVICES = 1000

/** Asks from one socket, with so many questions under way, and prints how it went. */
const asker = (address: string, port: number, names: readonly string[]) => `
  const { createSocket } = require("node:dgram")
  const question = (name) => Buffer.concat([
    Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    ...name.split(".").flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]),
    Buffer.from([0, 0, 1, 0, 1]),
  ])
  const questions = ${JSON.stringify(names)}.map(question)
  const socket = createSocket("udp4")
  const sentAt = new Float64Array(65536)
  const times = []
  let id = 0
  const end = performance.now() + ${RUN_MS}
  const ask = () => {
    id = (id + 1) & 0xffff
    const message = questions[id % questions.length]
    message.writeUInt16BE(id, 0)
    sentAt[id] = performance.now()
    socket.send(Buffer.from(message))
  }
  socket.on("message", (answer) => {
    times.push(performance.now() - sentAt[answer.readUInt16BE(0)])
    if (performance.now() < end) ask()
  })
  setTimeout(() => {
    times.sort((a, b) => a - b)
    console.log(JSON.stringify({ perSecond: times.length / ${RUN_MS / 1000}, p99Ms: times[Math.floor(times.length * 0.99)] }))
    process.exit(0)
  }, ${RUN_MS})
  socket.connect(${port}, "${address}", () => { for (let i = 0; i < ${OUTSTANDING}; i++) ask() })`

/** What answers everything with itself: the floor for any server in one process of Node. */
const ECHO = `
  const socket = require("node:dgram").createSocket("udp4", (message, from) => socket.send(message, from.port, from.address))
  socket.bind(5353, "0.0.0.0", () => console.log("ready"))`

/** Names of services, a name from outside that is cached, and the floor. */
export function measureDns(): Promise<Readonly<Record<"cluster" | "cached" | "bare", DnsFigures>>> {
  return withBed(async (bed) => {
    const node = { netns: bed.namespace("node"), podCidr: "10.244.0.0/24", nodeIp: "192.0.2.1" }
    const [pod = ""] = await addPods(bed, node, 1)
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
    return {
      cluster: await ask(bed, pod, asker("10.244.0.1", server.port, names)),
      cached: await ask(bed, pod, asker("10.244.0.1", server.port, ["www.default.svc.example.com"])),
      bare: await askEcho(bed, pod, node.netns),
    }
  })
}

async function ask(bed: TestBed, netns: string, script: string): Promise<DnsFigures> {
  return JSON.parse(await bed.run(netns, process.execPath, "-e", script)) as DnsFigures
}

async function askEcho(bed: TestBed, pod: string, node: string): Promise<DnsFigures> {
  const echo = platform.processes.spawn("nsenter", [`--net=${node}`, process.execPath, "-e", ECHO])
  try {
    await ready(echo)
    return await ask(bed, pod, asker("10.244.0.1", 5353, ["a"]))
  } finally {
    echo.kill("SIGKILL")
    await echo.exited
  }
}
