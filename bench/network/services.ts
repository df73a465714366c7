import type { Socket } from "node:net"
import { createNft } from "../../src/network/nft.ts"
import { createServiceProxy, type ServiceProxy } from "../../src/network/proxy/service-proxy.ts"
import { platform, type TestBed } from "../../src/network/testing/namespaces.ts"
import { endpoint, port, service, slice } from "../../src/network/testing/objects.ts"
import { connectTcp } from "../../src/platform/linux/sockets.ts"
import { percentile } from "../measurement.ts"
import { addPods, CIDRS, NAME, withBed } from "./bed.ts"

export interface ServiceFigures {
  /** From an empty table until the kernel has all services. */
  readonly fullSyncMs: number
  /** From a change of one service's endpoints until the kernel has it. */
  readonly changeP50Ms: number
  /** One change of one element by `nft` in a table with nothing else. */
  readonly bareChangeP50Ms: number
  /** Until a connection is open: to a pod through the last of the services, and directly. */
  readonly connectP50Us: number
  readonly directP50Us: number
}

const CHANGES = 30
const CONNECTIONS = 400

export function measureServices(count: number): Promise<ServiceFigures> {
  return withBed(async (bed) => {
    const node = { netns: bed.namespace("node"), podCidr: "10.244.0.0/24", nodeIp: "192.0.2.1" }
    const [client = "", server = ""] = await addPods(bed, node, 2)
    const proxy = createServiceProxy({
      name: NAME,
      ranges: [{ ...CIDRS, podCidr: node.podCidr }],
      nodeIps: [node.nodeIp],
      netns: node.netns,
      nodeName: "here",
      platform,
    })
    bed.defer(() => proxy.close())
    for (let index = 0; index < count; index++) put(proxy, index, ["10.244.1.2", "10.244.1.3"])
    const beganMs = performance.now()
    await proxy.start()
    const fullSyncMs = performance.now() - beganMs
    const changes: number[] = []
    for (let change = 0; change < CHANGES; change++) {
      const startMs = performance.now()
      put(proxy, change, [`10.244.2.${change + 2}`, "10.244.1.3"])
      await proxy.settled()
      changes.push(performance.now() - startMs)
    }
    put(proxy, count - 1, ["10.244.0.3"])
    await proxy.settled()
    await bed.echo(server, 8080)
    return {
      fullSyncMs,
      changeP50Ms: percentile(changes, 0.5),
      bareChangeP50Ms: await bareChangeMs(bed),
      connectP50Us: await connectUs(client, addressOf(count - 1), 80),
      directP50Us: await connectUs(client, "10.244.0.3", 8080),
    }
  })
}

function put(proxy: ServiceProxy, index: number, endpoints: readonly string[]): void {
  const name = `service-${index}`
  const targets = endpoints.map((ip) => endpoint(ip, "here"))
  proxy.set(service(name, { clusterIP: addressOf(index), ports: [port(80)] }), [slice(name, 8080, targets)])
}

const addressOf = (index: number): string => `10.100.${Math.floor(index / 250)}.${(index % 250) + 1}`

async function bareChangeMs(bed: TestBed): Promise<number> {
  const nft = createNft(platform.processes, bed.namespace("bare"))
  await nft.apply("table ip bare { set addresses { type ipv4_addr; }; }\n")
  const times: number[] = []
  for (let change = 0; change < CHANGES; change++) {
    const startMs = performance.now()
    await nft.apply(`add element ip bare addresses { 192.0.2.${change} }\n`)
    times.push(performance.now() - startMs)
  }
  return percentile(times, 0.5)
}

/** One connection after another: each is a first packet. */
async function connectUs(netns: string, host: string, port: number): Promise<number> {
  const times: number[] = []
  for (let index = 0; index < CONNECTIONS; index++) {
    const startMs = performance.now()
    const socket: Socket = connectTcp(netns, { host, port })
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject))
    times.push((performance.now() - startMs) * 1000)
    socket.destroy()
  }
  return percentile(times, 0.5)
}
