import { type Measurement, measurement, printLines } from "./measurement.ts"
import { addPods, twoNodes, withBed } from "./network/bed.ts"
import { type DnsFigures, measureDns } from "./network/dns.ts"
import { measureServices } from "./network/services.ts"
import { measureStream, type StreamFigures } from "./network/stream.ts"

const SERVICE_COUNTS = [100, 1000, 10_000]
/** https://kubernetes.io/blog/2025/02/28/nftables-kube-proxy/ has figures for kube-proxy; ours are in design.md. */
const CHANGE_BUDGET_MS = 50

/** Services in the kernel, the way of packets, and names, in throw-away network namespaces. Needs root. */
export async function run(): Promise<readonly Measurement[]> {
  return [...(await services()), ...(await streams()), ...(await names())]
}

async function services(): Promise<Measurement[]> {
  const found: Measurement[] = []
  for (const count of SERVICE_COUNTS) {
    const figures = await measureServices(count)
    const { changeP50Ms, bareChangeP50Ms, fullSyncMs, connectP50Us, directP50Us } = figures
    const what = `${count} services`
    found.push(
      measurement("network", `change of one of ${what}, p50`, changeP50Ms, "ms", bareChangeP50Ms, CHANGE_BUDGET_MS),
      measurement("network", `full sync of ${what}`, fullSyncMs, "ms", null),
      measurement("network", `connection through ${what}, p50`, connectP50Us, "µs", directP50Us),
    )
  }
  return found
}

async function streams(): Promise<Measurement[]> {
  const bare = await withBed(async (bed) => {
    const [one, two] = [bed.namespace("one"), bed.namespace("two")]
    bed.connect(
      { netns: one, name: "eth0", address: "192.0.2.1/24" },
      { netns: two, name: "eth0", address: "192.0.2.2/24" },
    )
    return measureStream(one, two, "192.0.2.2")
  })
  const sameNode = await withBed(async (bed) => {
    const node = { netns: bed.namespace("node"), podCidr: "10.244.0.0/24", nodeIp: "192.0.2.1" }
    const [one = "", two = ""] = await addPods(bed, node, 2)
    return measureStream(one, two, "10.244.0.3")
  })
  const tunnel = await withBed(async (bed) => measureStream(...(await twoNodes(bed)), "10.244.2.2"))
  const lines = (where: string, { megabytesPerSecond, roundTripP50Us }: StreamFigures) => [
    measurement("network", `one stream ${where}`, megabytesPerSecond, "MB/s", bare.megabytesPerSecond),
    measurement("network", `there and back ${where}, p50`, roundTripP50Us, "µs", bare.roundTripP50Us),
  ]
  return [...lines("between pods of a node", sameNode), ...lines("between nodes (VXLAN)", tunnel)]
}

async function names(): Promise<Measurement[]> {
  const { cluster, cached, bare } = await measureDns()
  const lines = (what: string, { perSecond, p99Ms, cpuMicros }: DnsFigures) => [
    measurement("network", `DNS, ${what}`, perSecond, "1/s", bare.perSecond),
    measurement("network", `DNS, ${what}, p99`, p99Ms, "ms", bare.p99Ms),
    measurement("network", `DNS, ${what}, CPU of an answer`, cpuMicros, "µs", bare.cpuMicros),
  ]
  return [...lines("names of services", cluster), ...lines("a cached name", cached)]
}

if (import.meta.main) printLines(await run())
