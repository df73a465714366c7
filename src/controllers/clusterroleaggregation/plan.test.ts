import assert from "node:assert/strict"
import { test } from "node:test"
import type { ClusterRole } from "../../api/rbac/v1/cluster-role.ts"
import { missingRules } from "./plan.ts"

const rule = (resource: string) => ({ apiGroups: [""], resources: [resource], verbs: ["get"] })

function role(name: string, resources: readonly string[], of?: readonly string[]): ClusterRole {
  const selectors = of?.map((label) => ({ matchLabels: { [label]: "true" } }))
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: {
      name,
      labels: { [name.split("-")[0] ?? ""]: "true" },
      uid: name,
      resourceVersion: "1",
      creationTimestamp: "2026-01-01T00:00:00Z",
    },
    rules: resources.map(rule),
    ...(selectors && { aggregationRule: { clusterRoleSelectors: selectors } }),
  }
}

const cases = [
  { name: "a plain role stays", role: role("a", ["pods"]), others: [role("b", ["nodes"])], expected: undefined },
  {
    name: "what the selectors choose, by selector and then by name",
    role: role("all", [], ["y", "x"]),
    others: [role("x-2", ["b"]), role("y-1", ["c"]), role("x-1", ["a"]), role("z", ["d"])],
    expected: ["c", "a", "b"],
  },
  {
    name: "each rule once, and none of its own",
    role: role("x", ["own"], ["x"]),
    others: [role("x-1", ["a"]), role("x-2", ["a", "b"])],
    expected: ["a", "b"],
  },
  { name: "nothing to do", role: role("all", ["a"], ["x"]), others: [role("x-1", ["a"])], expected: undefined },
  { name: "nobody is chosen any more", role: role("all", ["a"], ["x"]), others: [], expected: [] },
]
for (const { name, role, others, expected } of cases) {
  test(name, () => {
    assert.deepEqual(
      missingRules(role, [role, ...others])?.map(({ resources }) => resources?.[0]),
      expected,
    )
  })
}
