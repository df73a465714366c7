import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { builtinResources } from "../../api/all.ts"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { LimitRange } from "../../api/core/v1/limit-range.ts"
import { Namespace } from "../../api/core/v1/namespace.ts"
import { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { ResourceQuota } from "../../api/core/v1/resource-quota.ts"
import { Service } from "../../api/core/v1/service.ts"
import { startTestBack, type TestBack } from "../resources/testing.ts"
import { limitRanger } from "./plugins/limit-ranger.ts"
import { resourceQuota } from "./plugins/resource-quota.ts"

let back: TestBack
before(async () => {
  back = await startTestBack({
    resources: builtinResources,
    admission: (reader, platform) => [limitRanger(reader), resourceQuota(reader, platform, () => back.client)],
  })
})
after(() => back.close())

interface Resources {
  readonly requests?: Record<string, string>
  readonly limits?: Record<string, string>
}
async function inNamespace(namespace: string) {
  await back.client.of(Namespace).create({ metadata: { name: namespace } })
  const quotas = back.client.of(ResourceQuota)
  return {
    limit: (item: object) =>
      back.client.of(LimitRange).create({ metadata: { name: "l", namespace }, spec: { limits: [item as never] } }),
    /** A quota as its controller leaves it. */
    quota: async (name: string, hard: Record<string, string>, more: object = {}) => {
      const created = await quotas.create({ metadata: { name, namespace }, spec: { hard, ...more } })
      const used = Object.fromEntries(Object.keys(hard).map((key) => [key, "0"]))
      return quotas.updateStatus({ ...created, status: { hard, used } })
    },
    used: async (name: string) => ({ ...(await quotas.get({ namespace, name })).status.used }),
    pod: (name: string, resources: Resources = {}, more: object = {}) =>
      back.client.of(Pod).create({
        metadata: { name, namespace },
        spec: { containers: [{ name: "main", image: "x", resources }], ...more },
      }),
    claim: (name: string, storage: string) =>
      back.client.of(PersistentVolumeClaim).create({
        metadata: { name, namespace },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } },
      }),
  }
}

test("a limit range completes containers and says what it did", async () => {
  const { limit, pod } = await inNamespace("complete")
  await limit({ type: "Container", default: { cpu: "500m", memory: "1Gi" }, defaultRequest: { cpu: "100m" } })
  const { spec, metadata } = await pod("p", { limits: { cpu: "2" }, requests: { cpu: "1" } })
  assert.deepEqual(
    [{ ...spec.containers[0]?.resources?.requests }, { ...spec.containers[0]?.resources?.limits }],
    [
      { cpu: "1", memory: "1Gi" },
      { cpu: "2", memory: "1Gi" },
    ],
  )
  assert.equal(
    metadata.annotations?.["kubernetes.io/limit-ranger"],
    "LimitRanger plugin set: memory request for container main; memory limit for container main",
  )
})

const cpu = (request: string, limit: string): Resources => ({ requests: { cpu: request }, limits: { cpu: limit } })
const OUTSIDE: readonly (readonly [string, object, Resources, string])[] = [
  ["least", { min: { cpu: "1" } }, cpu("500m", "2"), "minimum cpu usage per Pod is 1, but request is 500m"],
  ["silent", { min: { cpu: "1" } }, {}, "minimum cpu usage per Pod is 1.  No request is specified"],
  ["most", { max: { cpu: "1" } }, cpu("500m", "2"), "maximum cpu usage per Pod is 1, but limit is 2"],
  ["unlimited", { max: { cpu: "1" } }, {}, "maximum cpu usage per Pod is 1.  No limit is specified"],
  [
    "ratio",
    { maxLimitRequestRatio: { cpu: "2" } },
    cpu("1", "3"),
    "cpu max limit to request ratio per Pod is 2, but provided ratio is 3.000000",
  ],
  [
    "both",
    { min: { cpu: "1" }, maxLimitRequestRatio: { cpu: "2" } },
    cpu("500m", "2"),
    "[minimum cpu usage per Pod is 1, but request is 500m, cpu max limit to request ratio per Pod is 2, but provided ratio is 4.000000]",
  ],
]
for (const [name, item, resources, why] of OUTSIDE) {
  test(`a pod outside of its limit range is refused: ${name}`, async () => {
    const { limit, pod } = await inNamespace(name)
    await limit({ type: "Pod", ...item })
    await assert.rejects(pod("p", resources), { message: `pods "p" is forbidden: ${why}` })
  })
}

test("a limit range bounds claims", async () => {
  const { limit, claim } = await inNamespace("storage")
  await limit({ type: "PersistentVolumeClaim", min: { storage: "1Gi" }, max: { storage: "2Gi" } })
  await claim("fits", "2Gi")
  await assert.rejects(claim("large", "3Gi"), {
    message:
      'persistentvolumeclaims "large" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi',
  })
})

test("what fits is charged, what does not is refused", async () => {
  const { quota, pod, used } = await inNamespace("charged")
  await quota("q", { "requests.cpu": "1", pods: "5", "limits.memory": "1Gi" })
  const resources = (request: string) => ({ requests: { cpu: request }, limits: { memory: "256Mi" } })
  await pod("first", resources("600m"))
  assert.deepEqual(await used("q"), { "requests.cpu": "600m", pods: "1", "limits.memory": "256Mi" })
  await assert.rejects(pod("second", resources("600m")), {
    message:
      'pods "second" is forbidden: exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1',
  })
  await assert.rejects(pod("vague"), {
    message: 'pods "vague" is forbidden: failed quota: q: must specify limits.memory for: main; requests.cpu for: main',
  })
  assert.deepEqual(await used("q"), { "requests.cpu": "600m", pods: "1", "limits.memory": "256Mi" })
})

test("changes at the same time never use more than there is", async () => {
  const { quota, pod, used } = await inNamespace("crowd")
  await quota("q", { pods: "5" })
  await quota("r", { "count/pods": "7" })
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => pod(`p${index}`)))
  assert.equal(results.filter(({ status }) => status === "fulfilled").length, 5)
  assert.deepEqual([await used("q"), await used("r")], [{ pods: "5" }, { "count/pods": "5" }])
})

test("a dry run is judged but not charged", async () => {
  const { quota, used } = await inNamespace("dry")
  await quota("q", { configmaps: "1" })
  const maps = back.client.of(ConfigMap)
  await maps.create({ metadata: { name: "c", namespace: "dry" } }, { dryRun: true })
  assert.deepEqual(await used("q"), { configmaps: "0" })
  await maps.create({ metadata: { name: "c", namespace: "dry" } })
  await assert.rejects(
    maps.create({ metadata: { name: "d", namespace: "dry" } }, { dryRun: true }),
    /exceeded quota: q, requested: configmaps=1, used: configmaps=1, limited: configmaps=1/,
  )
})

test("scopes choose what counts", async () => {
  const { quota, pod, used } = await inNamespace("scoped")
  await quota("ending", { pods: "5" }, { scopes: ["Terminating"] })
  await quota("poor", { pods: "5" }, { scopes: ["BestEffort"] })
  const values = ["high"]
  const matchExpressions = [{ scopeName: "PriorityClass", operator: "In", values }]
  await quota("high", { pods: "5" }, { scopeSelector: { matchExpressions } })
  await pod("a", cpu("1", "1"), { activeDeadlineSeconds: 5 })
  await pod("b", {}, { priorityClassName: "high" })
  for (const name of ["ending", "poor", "high"]) assert.deepEqual(await used(name), { pods: "1" }, name)
})

test("a service that becomes costly is charged for it", async () => {
  const { quota, used } = await inNamespace("services")
  await quota("q", { services: "2", "services.nodeports": "1" })
  const services = back.client.of(Service)
  const make = (name: string, type: string) =>
    services.create({ metadata: { name, namespace: "services" }, spec: { type, ports: [{ port: 80 }] } })
  const plain = await make("plain", "ClusterIP")
  await services.update({ ...plain, spec: { ...plain.spec, type: "NodePort" } })
  assert.deepEqual(await used("q"), { services: "1", "services.nodeports": "1" })
  await assert.rejects(make("more", "NodePort"), /exceeded quota: q, requested: services.nodeports=1/)
})

test("a quota that has not been counted lets nothing through", async () => {
  const { quota, pod } = await inNamespace("uncounted")
  const made = await quota("q", { pods: "5" })
  await back.client.of(ResourceQuota).updateStatus({ ...made, status: { hard: { pods: "5", "requests.cpu": "1" } } })
  await assert.rejects(pod("p", cpu("1", "1")), {
    message: 'pods "p" is forbidden: status unknown for quota: q, resources: pods,requests.cpu',
  })
})
