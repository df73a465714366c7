import assert from "node:assert/strict"
import { test } from "node:test"
import { type NodeBatch, type Point, readNodeBatch } from "./node-batch.ts"
import { NO_POINTS, type Points, usageOfNode, usageOfPod, withBatches } from "./usage.ts"

const T = 1_700_000_000_000
/** Times in seconds since some moment, cpu in milliseconds. */
type Told = readonly [startS: number, atS: number, cpuMs: number]
const point = ([startS, atS, cpuMs]: Told): Point => ({
  startMs: T + startS * 1000,
  atMs: T + atS * 1000,
  cpuNs: cpuMs * 1e6,
  memoryBytes: 4096,
})

function fed(rounds: readonly (Readonly<Record<string, Told>> | undefined)[]): Points {
  const batches = rounds.map((containers): ReadonlyMap<string, NodeBatch> => {
    if (containers === undefined) return new Map()
    const pod = new Map(Object.entries(containers).map(([name, told]) => [name, point(told)]))
    return new Map([["n", { node: point(containers["a"] ?? [0, 0, 0]), pods: new Map([["ns/p", pod]]) }]])
  })
  return batches.reduce(withBatches, NO_POINTS)
}

const CASES: readonly (readonly [string, Parameters<typeof fed>[0], string])[] = [
  ["one point says nothing", [{ a: [-99, 0, 5] }], "nothing"],
  ["two give a rate", [{ a: [-99, 0, 1000] }, { a: [-99, 20, 2000] }], "20 s: a 50000000"],
  ["the last two count", [{ a: [-99, 0, 0] }, { a: [-99, 10, 900] }, { a: [-99, 20, 1000] }], "10 s: a 10000000"],
  ["who did not answer begins anew", [{ a: [-99, 0, 1] }, undefined, { a: [-99, 30, 2] }], "nothing"],
  [
    "the same point again changes nothing",
    [{ a: [-99, 0, 0] }, { a: [-99, 10, 100] }, { a: [-99, 10, 100] }],
    "10 s: a 10000000",
  ],
  [
    "older than what is known says nothing",
    [{ a: [-99, 5, 0] }, { a: [-99, 10, 100] }, { a: [-99, 4, 50] }],
    "nothing",
  ],
  ["a restarted container begins anew", [{ a: [-99, 0, 9000] }, { a: [1, 3, 10] }], "nothing"],
  [
    "and is known after its next point",
    [{ a: [-99, 0, 9000] }, { a: [1, 3, 10] }, { a: [1, 23, 210] }],
    "20 s: a 10000000",
  ],
  ["a fresh one is measured from its start", [{ a: [-12, 0, 600] }], "12 s: a 50000000"],
  ["but not right away", [{ a: [-9, 0, 600] }], "nothing"],
  ["a counter that went back is left out", [{ a: [-99, 0, 500] }, { a: [-99, 10, 400] }], "nothing"],
  [
    "so is its container, not its pod",
    [
      { a: [-99, 0, 500], b: [-99, 0, 0] },
      { a: [-99, 10, 400], b: [-99, 10, 100] },
    ],
    "10 s: b 10000000",
  ],
  [
    "a container without two points hides its pod",
    [{ a: [-99, 0, 0] }, { a: [-99, 10, 1], b: [-99, 10, 1] }],
    "nothing",
  ],
  ["one that is gone does not", [{ a: [-99, 0, 0], b: [-99, 0, 0] }, { a: [-99, 10, 1000] }], "10 s: a 100000000"],
  [
    "the earliest end is the pod's",
    [
      { a: [-99, 0, 0], b: [-99, 0, 0] },
      { a: [-99, 12, 0], b: [-99, 10, 0] },
    ],
    "10 s: a 0, b 0",
  ],
]
for (const [name, rounds, expected] of CASES) {
  test(`pods: ${name}`, () => {
    const found = usageOfPod(fed(rounds), "ns/p")
    const containers = [...(found?.containers ?? [])].map(([each, { cpuNanoCores }]) => `${each} ${cpuNanoCores}`)
    assert.equal(found === undefined ? "nothing" : `${found.windowMs / 1000} s: ${containers.join(", ")}`, expected)
  })
}

test("nodes have no start, and are known after two points", () => {
  const once = fed([{ a: [-12, 0, 0] }])
  assert.equal(usageOfNode(once, "n"), undefined)
  const usage = usageOfNode(fed([{ a: [0, 0, 0] }, { a: [0, 15, 30_000] }]), "n")
  assert.deepEqual(usage, { atMs: T + 15_000, windowMs: 15_000, cpuNanoCores: 2e9, memoryBytes: 4096 })
  assert.equal(usageOfNode(fed([]), "n"), undefined)
})

const TOLD = `
node_cpu_usage_seconds_total 12.5 ${T + 1}
node_memory_working_set_bytes 1e6 ${T}
container_cpu_usage_seconds_total{container="c",namespace="ns",pod="p"} 0.25 ${T}
container_memory_working_set_bytes{container="c",namespace="ns",pod="p"} 8192 ${T - 5}
container_start_time_seconds{container="c",namespace="ns",pod="p"} 1.7e+09
container_cpu_usage_seconds_total{container="c",namespace="ns",pod="half"} 1
container_memory_working_set_bytes{container="c",namespace="ns",pod="half"} 1
container_cpu_usage_seconds_total{container="d",namespace="ns",pod="half"} 1
container_cpu_usage_seconds_total{container="c",namespace="ns",pod="idle"} 0
container_memory_working_set_bytes{container="c",namespace="ns",pod="idle"} 1
container_cpu_usage_seconds_total{container="c",namespace="ns",pod="timeless"} 1
container_memory_working_set_bytes{container="c",namespace="ns",pod="timeless"} 1
`
test("reads what a kubelet tells, complete pods only", () => {
  const { node, pods } = readNodeBatch(TOLD, T + 7)
  assert.deepEqual(node, { startMs: 0, atMs: T + 1, cpuNs: 12.5e9, memoryBytes: 1e6 })
  assert.deepEqual([...pods.keys()], ["ns/p", "ns/timeless"])
  assert.deepEqual(pods.get("ns/p")?.get("c"), { startMs: 1.7e12, atMs: T, cpuNs: 25e7, memoryBytes: 8192 })
  assert.equal(pods.get("ns/timeless")?.get("c")?.atMs, T + 7)
  assert.equal(readNodeBatch("", T).node, undefined)
})
