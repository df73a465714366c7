import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { builtinResources } from "../../api/all.ts"
import { Endpoints } from "../../api/core/v1/endpoints.ts"
import { Namespace } from "../../api/core/v1/namespace.ts"
import { Service } from "../../api/core/v1/service.ts"
import { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import { ServiceCIDR } from "../../api/networking/v1/service-cidr.ts"
import { PriorityClass } from "../../api/scheduling/v1/priority-class.ts"
import { startInformer } from "../../client/informer.ts"
import { standardAdmission } from "../admission/standard.ts"
import { NODE_PORTS_DEFAULT, serviceBehavior } from "../allocation/service-addresses.ts"
import { startTestBack, type TestBack } from "../resources/testing.ts"
import { ensureSystemObjects, keepSystemObjects } from "./system-objects.ts"

const serviceCidr = "10.96.0.0/16"
let back: TestBack
const everybody = () => ({ authorize: () => ({ allowed: true }) })
before(async () => {
  back = await startTestBack({
    resources: builtinResources,
    admission: (reader, platform) => standardAdmission(reader, platform, everybody),
    behaviors: (reader, { random }) => [
      serviceBehavior(reader, { serviceCidrs: [serviceCidr], nodePorts: NODE_PORTS_DEFAULT }, random),
    ],
  })
})
after(() => back.close())

const ensure = (address: string) =>
  ensureSystemObjects(back.client, { advertise: { address, port: 6443 }, serviceCidrs: [serviceCidr] })

test("a new cluster has its namespaces, classes and the service of the API", async () => {
  await ensure("192.0.2.1")
  const namespaces = await back.client.of(Namespace).list()
  assert.deepEqual(
    namespaces.items.map(({ metadata }) => metadata.name),
    ["default", "kube-node-lease", "kube-public", "kube-system"],
  )
  assert.equal((await back.client.of(PriorityClass).get({ name: "system-node-critical" })).value, 2_000_001_000)
  const key = { namespace: "default", name: "kubernetes" }
  const service = await back.client.of(Service).get(key)
  assert.equal(service.spec.clusterIP, "10.96.0.1")
  assert.equal(service.spec.ports?.[0]?.targetPort, 6443)
  const range = await back.client.of(ServiceCIDR).get({ name: "kubernetes" })
  assert.deepEqual(range.spec.cidrs, [serviceCidr])
  assert.deepEqual(
    range.status.conditions?.map(({ type, status }) => [type, status]),
    [["Ready", "True"]],
  )
})

test("ensuring again changes nothing but what is wrong", async () => {
  const key = { namespace: "default", name: "kubernetes" }
  const before = await back.store.revision()
  await ensure("192.0.2.1")
  assert.equal(await back.store.revision(), before)
  await ensure("192.0.2.2")
  const endpoints = await back.client.of(Endpoints).get(key)
  assert.equal(endpoints.subsets?.[0]?.addresses?.[0]?.ip, "192.0.2.2")
  const slice = await back.client.of(EndpointSlice).get(key)
  assert.deepEqual(slice.endpoints[0]?.addresses, ["192.0.2.2"])
})

test("what somebody deletes comes back", async (t) => {
  const system = { advertise: { address: "192.0.2.2", port: 6443 }, serviceCidrs: [serviceCidr] }
  await ensureSystemObjects(back.client, system)
  const kept = keepSystemObjects(back.client, system, back.platform)
  const stop = new AbortController()
  t.after(() => {
    kept.close()
    stop.abort()
  })
  const key = { namespace: "default", name: "kubernetes" }
  for (const resource of [Service, Endpoints, EndpointSlice]) {
    const seen = startInformer(back.client, resource as typeof Service, {
      platform: back.platform,
      signal: stop.signal,
    })
    await seen.synced
    const find = () => seen.list(key.namespace).find(({ metadata }) => metadata.name === key.name)
    const uid = find()?.metadata.uid
    assert.ok(uid)
    await back.client.of(resource as typeof Service).delete(key)
    await seen.until(() => (find()?.metadata.uid ?? uid) !== uid)
  }
  assert.equal((await back.client.of(Service).get(key)).spec.clusterIP, "10.96.0.1")
})
