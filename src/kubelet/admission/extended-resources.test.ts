import assert from "node:assert/strict"
import { test } from "node:test"
import type { Pod } from "../../api/core/v1/pod.ts"
import { admission } from "./admit.ts"

const GPU = "example.com/gpu"
const pod = (amount: string, status: object = {}) =>
  ({
    metadata: { name: "user", namespace: "default", uid: "u" },
    spec: { containers: [{ name: "main", resources: { requests: { [GPU]: amount } } }] },
    status,
  }) as unknown as Pod
const claimed = {
  extendedResourceClaimStatus: {
    resourceClaimName: "c",
    requestMappings: [{ containerName: "main", resourceName: GPU, requestName: "r" }],
  },
}

const cases: { name: string; of: Pod; has: Record<string, string>; refusal?: string }[] = [
  { name: "enough", of: pod("2"), has: { [GPU]: "2" } },
  {
    name: "too few",
    of: pod("2"),
    has: { [GPU]: "1" },
    refusal: `OutOf${GPU}: Node didn't have enough resource: ${GPU}, requested: 2, used: 0, capacity: 1`,
  },
  { name: "somebody else's to count", of: pod("2"), has: {} },
  { name: "given by a driver where a plugin has gone", of: pod("2", claimed), has: { [GPU]: "0" } },
]

for (const { has, name, of, refusal } of cases) {
  test(`extended resources are counted: ${name}`, () => {
    const allocatable = { pods: "110", ...has }
    const facts = { node: { name: "n", labels: {} }, allocatable, pressure: new Set<never>(), others: [] }
    const found = admission(of, facts)
    assert.equal(found && `${found.reason}: ${found.message}`, refusal)
  })
}
