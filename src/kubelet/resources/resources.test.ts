import assert from "node:assert/strict"
import { test } from "node:test"
import { containerOf, podOf } from "../testing/pods.ts"
import { containerResources, podResources } from "./cgroup-values.ts"
import { type Swap, swapResources } from "./swap.ts"

const gibi = 1024 ** 3
const of = (resources: object) => containerOf("c", { resources })

const cases = [
  { name: "best effort", resources: {}, want: { cpuShares: 2, oomScoreAdj: 1000 } },
  {
    name: "guaranteed",
    resources: { requests: { cpu: "500m", memory: "1Gi" }, limits: { cpu: "500m", memory: "1Gi" } },
    want: {
      cpuShares: 512,
      cpuPeriod: 100_000,
      cpuQuota: 50_000,
      memoryLimitBytes: gibi,
      oomScoreAdj: -997,
    },
  },
  {
    name: "burstable",
    resources: { requests: { cpu: "1", memory: "1Gi" } },
    want: { cpuShares: 1024, oomScoreAdj: 900 },
  },
  {
    name: "huge pages",
    resources: { limits: { "hugepages-2Mi": "4Mi" } },
    want: { cpuShares: 2, oomScoreAdj: 1000, hugepageLimits: [{ pageSize: "2MB", limitBytes: 4 * 1024 ** 2 }] },
  },
  {
    name: "the least quota",
    resources: { requests: { cpu: "1m" }, limits: { cpu: "1m" } },
    want: { cpuShares: 2, cpuPeriod: 100_000, cpuQuota: 1000, oomScoreAdj: 999 },
  },
]
for (const { name, resources, want } of cases) {
  test(name, () => {
    const container = of(resources)
    assert.deepEqual(containerResources(podOf({ containers: [container] }), container, 10 * gibi), want)
  })
}

/** A tenth of the machine's memory is asked for, and half of it is swap. */
const swap: Swap = { behavior: "LimitedSwap", limitedBy: "v2", capacityBytes: 5 * gibi, memoryBytes: 10 * gibi }
const ask = (request: string, limit: string) => ({ requests: { memory: request }, limits: { memory: limit } })
const swapping: readonly (readonly [
  name: string,
  resources: object,
  swap: Partial<Swap>,
  pod: object,
  want: object,
])[] = [
  ["a share", ask("1Gi", "2Gi"), {}, {}, { unified: { "memory.swap.max": String(gibi / 2) } }],
  ["no swap unless told to", ask("1Gi", "2Gi"), { behavior: "NoSwap" }, {}, { unified: { "memory.swap.max": "0" } }],
  ["none for those whose memory is secured", ask("1Gi", "1Gi"), {}, {}, { unified: { "memory.swap.max": "0" } }],
  ["none for those who ask for nothing", {}, {}, {}, { unified: { "memory.swap.max": "0" } }],
  [
    "none for critical pods",
    ask("1Gi", "2Gi"),
    {},
    { priority: 2_000_000_000 },
    { unified: { "memory.swap.max": "0" } },
  ],
  ["none with cgroup v1", ask("1Gi", "2Gi"), { limitedBy: "v1" }, {}, { memorySwapLimitBytes: 2 * gibi }],
  ["whatever the kernel does", ask("1Gi", "2Gi"), { limitedBy: "nothing" }, {}, {}],
]
for (const [name, resources, differing, spec, want] of swapping) {
  test(`swap: ${name}`, () => {
    const container = of(resources)
    const limit = containerResources(podOf({ containers: [container] }), container, 10 * gibi).memoryLimitBytes
    const pod = podOf({ containers: [container], ...spec })
    assert.deepEqual(swapResources(pod, container, limit, { ...swap, ...differing }), want)
  })
}

test("huge pages are limited to what is asked for, be it nothing", () => {
  const pageSizes = [2 << 20, 1 << 30]
  const limitsOf = (spec: object, resources: object) => {
    const container = of(resources)
    const pod = podOf({ containers: [container], ...spec })
    const { hugepageLimits = [] } = containerResources(pod, container, gibi, { cpuQuota: true, pageSizes })
    return hugepageLimits.map(({ limitBytes, pageSize }) => `${pageSize} ${limitBytes}`)
  }
  assert.deepEqual(limitsOf({}, {}), ["2MB 0", "1GB 0"])
  assert.deepEqual(limitsOf({}, { limits: { "hugepages-2Mi": "4Mi" } }), ["2MB 4194304", "1GB 0"])
  const whole = { resources: { limits: { "hugepages-2Mi": "8Mi" } } }
  assert.deepEqual(limitsOf(whole, {}), ["2MB 8388608", "1GB 0"])
  assert.deepEqual(limitsOf(whole, { limits: { "hugepages-2Mi": "4Mi" } }), ["2MB 4194304", "1GB 0"])
})

test("a pod is limited only when every container is", () => {
  const limited = of({ requests: { cpu: "1" }, limits: { cpu: "2", memory: "1Gi" } })
  const free = { ...of({ requests: { cpu: "1" } }), name: "free" }
  assert.deepEqual(podResources(podOf({ containers: [limited] })), {
    cpuShares: 1024,
    cpuPeriod: 100_000,
    cpuQuota: 200_000,
    memoryLimitBytes: gibi,
  })
  assert.deepEqual(podResources(podOf({ containers: [limited, free] })), { cpuShares: 2048 })
})
