import assert from "node:assert/strict"
import { test } from "node:test"
import type { AnyResource } from "../machinery/schema/resource.ts"
import { Deployment } from "./apps/v1/deployment.ts"
import { Namespace } from "./core/v1/namespace.ts"
import { Pod } from "./core/v1/pod.ts"
import { Service } from "./core/v1/service.ts"
import { defaulted, testContext } from "./testing.ts"

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

function created<R extends AnyResource>(resource: R, manifest: object) {
  const object = defaulted(resource, manifest)
  resource.strategy.prepareCreate?.(object as never, testContext)
  return object
}
function updated<R extends AnyResource>(resource: R, before: object, after: object) {
  const object = defaulted(resource, after)
  resource.strategy.prepareUpdate?.(object as never, defaulted(resource, before) as never, testContext)
  return object
}

const limited = (list: object) => ({ name: "c", resources: { limits: list } })
const classes: readonly { readonly containers: readonly object[]; readonly qos: string }[] = [
  { containers: [{ name: "c" }], qos: "BestEffort" },
  { containers: [limited({ cpu: "1", memory: "1Gi" })], qos: "Guaranteed" },
  { containers: [limited({ cpu: "1" })], qos: "Burstable" },
  { containers: [limited({ cpu: "1", memory: "1Gi" }), { name: "d" }], qos: "Burstable" },
  { containers: [limited({ "example.com/gpu": "1" })], qos: "BestEffort" },
]
for (const { containers, qos } of classes) {
  test(`${JSON.stringify(containers)} is ${qos}`, () => {
    assert.deepEqual(plain(created(Pod, { spec: { containers } }).status), { phase: "Pending", qosClass: qos })
  })
}

test("a new pod has no status of the creator's, its gates' condition, and its label keys in the selectors", () => {
  const pod = created(Pod, {
    metadata: { labels: { version: "2" } },
    spec: {
      containers: [],
      schedulingGates: [{ name: "wait" }],
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "zone",
          whenUnsatisfiable: "DoNotSchedule",
          labelSelector: {},
          matchLabelKeys: ["version", "absent"],
        },
      ],
    },
    status: { phase: "Running", podIP: "1.2.3.4" },
  })
  assert.deepEqual(plain(pod.status.conditions), [
    {
      type: "PodScheduled",
      status: "False",
      reason: "SchedulingGated",
      message: "Scheduling is blocked due to non-empty scheduling gates",
    },
  ])
  assert.equal(pod.status.podIP, undefined)
  assert.deepEqual(plain(pod.spec.topologySpreadConstraints?.[0]?.labelSelector), {
    matchExpressions: [{ key: "version", operator: "In", values: ["2"] }],
  })
})

test("an AppArmor annotation of a new pod becomes a field", () => {
  const annotations = { "container.apparmor.security.beta.kubernetes.io/c": "localhost/strict" }
  const pod = created(Pod, {
    metadata: { name: "p", annotations },
    spec: { containers: [{ name: "c" }, { name: "d" }] },
  })
  const profile = { type: "Localhost", localhostProfile: "strict" }
  assert.deepEqual(plain(pod.spec.containers[0]?.securityContext), { appArmorProfile: profile })
  assert.equal(pod.spec.containers[1]?.securityContext, undefined)
  assert.deepEqual(Pod.strategy.warnings?.(pod as never, undefined), [
    'metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: deprecated since v1.30; use the "appArmorProfile" field instead',
  ])
})

const graces: readonly { name: string; spec?: object; status?: object; asked?: number; seconds: number }[] = [
  { name: "unscheduled", asked: 10, seconds: 0 },
  { name: "as the pod says", spec: { nodeName: "n" }, seconds: 30 },
  { name: "as asked", spec: { nodeName: "n" }, asked: 5, seconds: 5 },
  { name: "at once", spec: { nodeName: "n" }, asked: 0, seconds: 0 },
  { name: "negative", spec: { nodeName: "n" }, asked: -1, seconds: 1 },
  { name: "ended", spec: { nodeName: "n" }, status: { phase: "Failed" }, asked: 5, seconds: 0 },
]
for (const { name, spec, status, asked, seconds } of graces) {
  test(`grace period: ${name}`, () => {
    const pod = defaulted(Pod, { spec: { containers: [], ...spec }, status: { phase: "Running", ...status } })
    assert.equal(Pod.strategy.gracePeriodSeconds?.(pod as never, asked), seconds)
  })
}

test("a status update keeps owners, QoS and observed generations, and completes the addresses", () => {
  const owner = { apiVersion: "v1", kind: "Node", name: "n", uid: "u" }
  const old = defaulted(Pod, {
    metadata: { ownerReferences: [owner] },
    spec: { containers: [] },
    status: { qosClass: "Burstable", conditions: [{ type: "Ready", status: "False", observedGeneration: 3 }] },
  })
  const pod = defaulted(Pod, {
    spec: { containers: [] },
    status: { podIP: "1.2.3.4", conditions: [{ type: "Ready", status: "True" }] },
  })
  Pod.strategy.prepareStatusUpdate?.(pod as never, old as never, testContext)
  assert.deepEqual(plain(pod.metadata.ownerReferences), [owner])
  assert.deepEqual(plain(pod.status), {
    qosClass: "Burstable",
    podIP: "1.2.3.4",
    podIPs: [{ ip: "1.2.3.4" }],
    conditions: [{ type: "Ready", status: "True", observedGeneration: 3 }],
  })
})

const clusterIp = {
  clusterIP: "10.0.0.1",
  clusterIPs: ["10.0.0.1"],
  ipFamilies: ["IPv4"],
  ipFamilyPolicy: "SingleStack",
}
const nodePort = { ...clusterIp, type: "NodePort", ports: [{ name: "a", port: 80, nodePort: 30080 }] }
const services: readonly { name: string; before: object; after: object; shows: object }[] = [
  {
    name: "what was allocated stays when an update leaves it out",
    before: nodePort,
    after: { type: "NodePort", ports: [{ name: "a", port: 81 }] },
    shows: { clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1"], ports: [{ name: "a", port: 81, nodePort: 30080 }] },
  },
  {
    name: "node ports go with the type",
    before: nodePort,
    after: { ...nodePort, type: "ClusterIP", externalTrafficPolicy: "Cluster" },
    shows: { ports: [{ name: "a", port: 80 }], externalTrafficPolicy: undefined },
  },
  {
    name: "addresses go with the type",
    before: clusterIp,
    after: { ...clusterIp, type: "ExternalName", externalName: "a.b" },
    shows: { clusterIP: undefined, clusterIPs: undefined, ipFamilies: undefined, ipFamilyPolicy: undefined },
  },
  {
    name: "a changed single address changes the list",
    before: clusterIp,
    after: { ...clusterIp, clusterIP: "10.0.0.2" },
    shows: { clusterIPs: ["10.0.0.2"] },
  },
]
for (const { name, before, after, shows } of services) {
  test(`a service: ${name}`, () => {
    const { spec } = updated(Service, { spec: before }, { spec: after })
    const found = new Map(Object.entries(spec))
    for (const [member, value] of Object.entries(shows)) {
      const ports = (list: unknown) =>
        Array.isArray(list) && member === "ports"
          ? (list as readonly Record<string, unknown>[]).map(({ name, port, nodePort }) => ({
              name,
              port,
              ...(nodePort !== undefined && { nodePort }),
            }))
          : list
      assert.deepEqual(ports(found.get(member)), value)
    }
  })
}

test("a namespace is created with its finalizer, and keeps it in updates", () => {
  assert.deepEqual(created(Namespace, { metadata: { name: "a" } }).spec.finalizers, ["kubernetes"])
  const after = updated(
    Namespace,
    { metadata: { name: "a" }, spec: { finalizers: ["kubernetes"] } },
    { metadata: { name: "a" } },
  )
  assert.deepEqual(after.spec.finalizers, ["kubernetes"])
})

test("a deployment's annotations count as a change that its controller must see", () => {
  const spec = { selector: {}, template: { spec: { containers: [] } } }
  const before = { metadata: { generation: 4 }, spec }
  assert.equal(updated(Deployment, before, { metadata: { annotations: { a: "b" } }, spec }).metadata.generation, 5)
  assert.equal(updated(Deployment, before, { metadata: { labels: { a: "b" } }, spec }).metadata.generation, undefined)
})
