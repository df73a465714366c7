import assert from "node:assert/strict"
import { test } from "node:test"
import type { AnyResource } from "../machinery/schema/resource.ts"
import { Deployment } from "./apps/v1/deployment.ts"
import { ReplicaSet } from "./apps/v1/replica-set.ts"
import { ConfigMap } from "./core/v1/config-map.ts"
import { Node } from "./core/v1/node.ts"
import { Secret } from "./core/v1/secret.ts"
import { RoleBinding } from "./rbac/v1/role-binding.ts"
import { PriorityClass } from "./scheduling/v1/priority-class.ts"
import { statusErrors, updateErrors } from "./testing.ts"

/** Messages and paths are those of Kubernetes 1.36, pkg/apis/<group>/validation. */

const template = { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c", image: "web" }] } }
const selector = { matchLabels: { app: "a" } }

interface Change {
  readonly name: string
  readonly resource: AnyResource
  readonly before: object
  readonly after: object
  readonly errors: readonly string[]
}
const other = { matchLabels: { app: "a" }, matchExpressions: [{ key: "app", operator: "Exists" }] }
const changes: readonly Change[] = [
  {
    name: "a deployment's strategy that keeps the settings of the old one",
    resource: Deployment,
    before: { spec: { selector, template } },
    after: { spec: { selector, template, strategy: { type: "Recreate", rollingUpdate: {} } } },
    errors: ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
  },
  ...[Deployment, ReplicaSet].map((resource: AnyResource) => ({
    name: `the selector of a ${resource.kind}`,
    resource,
    before: { spec: { selector, template } },
    after: { spec: { selector: other, template } },
    errors: [
      'spec.selector: Invalid value: {"matchLabels":{"app":"a"},"matchExpressions":[{"key":"app","operator":"Exists"}]}: field is immutable',
    ],
  })),
  {
    name: "an immutable config map",
    resource: ConfigMap,
    before: { immutable: true, data: { a: "1" } },
    after: { data: { a: "2" } },
    errors: [
      "immutable: Forbidden: field is immutable when `immutable` is set",
      "data: Forbidden: field is immutable when `immutable` is set",
    ],
  },
  {
    name: "a secret's type",
    resource: Secret,
    before: { type: "a" },
    after: { type: "b" },
    errors: ['type: Invalid value: "b": field is immutable'],
  },
  {
    name: "a node's pod range and provider",
    resource: Node,
    before: { spec: { podCIDR: "10.0.0.0/24", providerID: "a" } },
    after: { spec: { podCIDR: "10.0.1.0/24", providerID: "b" } },
    errors: [
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
      'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
    ],
  },
  {
    name: "a role binding's role",
    resource: RoleBinding,
    before: { roleRef: { kind: "Role", name: "a" } },
    after: { roleRef: { kind: "Role", name: "b" } },
    errors: [
      'roleRef: Invalid value: {"kind":"Role","name":"b","apiGroup":"rbac.authorization.k8s.io"}: cannot change roleRef',
    ],
  },
  {
    name: "a priority",
    resource: PriorityClass,
    before: { metadata: { name: "a" }, value: 1 },
    after: { metadata: { name: "a" }, value: 2 },
    errors: ["value: Forbidden: may not be changed in an update."],
  },
]
for (const { name, resource, before, after, errors } of changes) {
  test(`a change of ${name}`, () => {
    const found = updateErrors(resource, before, after)
    // The order of members in a shown value is not a promise.
    const sorted = (text: string) => [...text].toSorted().join("")
    assert.deepEqual(found.map(sorted), errors.map(sorted))
  })
}

test("a status cannot count more ready pods than pods, nor forget collisions", () => {
  const spec = { selector, template }
  const before = { spec, status: { collisionCount: 2 } }
  assert.deepEqual(statusErrors(Deployment, before, { spec, status: { replicas: 1, readyReplicas: 2 } }), [
    "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas",
    "status.collisionCount: Invalid value: 0: cannot be decremented",
  ])
})
