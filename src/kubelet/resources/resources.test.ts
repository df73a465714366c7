import assert from "node:assert/strict"
import { test } from "node:test"
import { containerOf, podOf } from "../testing/pods.ts"
import { containerResources, podResources } from "./cgroup-values.ts"

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
