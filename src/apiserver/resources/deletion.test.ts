import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { Namespace } from "../../api/core/v1/namespace.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { isConflict, isNotFound } from "../../machinery/status/predicates.ts"
import { startTestBack, type TestBack } from "./testing.ts"

let back: TestBack
before(async () => {
  back = await startTestBack()
})
after(() => back.close())

const namespace = "default"
const pods = () => back.client.of(Pod)
const run = (name: string) =>
  pods().create({ metadata: { name, namespace }, spec: { containers: [{ name: "c", image: "i" }] } })
const bind = (name: string, node = "n1") =>
  back.client.raw.post(`/api/v1/namespaces/default/pods/${name}/binding`, {
    metadata: { name, namespace },
    target: { kind: "Node", name: node },
  })

test("a pod without a node vanishes at once", async () => {
  await run("early")
  await pods().delete({ namespace, name: "early" })
  await assert.rejects(pods().get({ namespace, name: "early" }), isNotFound)
})

test("binding gives a pod its node, once", async () => {
  const created = await run("bound")
  assert.deepEqual(await bind("bound"), {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    code: 201,
  })
  const pod = await pods().get({ namespace, name: "bound" })
  assert.equal(pod.spec.nodeName, "n1")
  assert.equal(pod.metadata.generation, created.metadata.generation)
  assert.deepEqual(
    pod.status.conditions?.map(({ type, status }) => [type, status]),
    [["PodScheduled", "True"]],
  )
  await assert.rejects(bind("bound", "n2"), {
    code: 409,
    message: 'Operation cannot be fulfilled on pods/binding "bound": pod bound is already assigned to node "n1"',
  })
})

test("a running pod gets its time, which can only be shortened", async () => {
  const key = { namespace, name: "graceful" }
  await run(key.name)
  await bind(key.name)
  await pods().delete(key)
  const ending = await pods().get(key)
  assert.equal(ending.metadata.deletionGracePeriodSeconds, 30)
  assert.equal(ending.metadata.deletionTimestamp, "2026-01-01T00:00:30Z")
  assert.equal(ending.metadata.generation, 2)
  await pods().delete(key, { gracePeriodSeconds: 60 })
  assert.equal((await pods().get(key)).metadata.deletionGracePeriodSeconds, 30)
  await pods().delete(key, { gracePeriodSeconds: 5 })
  assert.equal((await pods().get(key)).metadata.deletionTimestamp, "2026-01-01T00:00:05Z")
  await pods().delete(key, { gracePeriodSeconds: 0, preconditions: { uid: ending.metadata.uid } })
  await assert.rejects(pods().get(key), isNotFound)
})

test("eviction deletes and says why", async () => {
  const key = { namespace, name: "evicted" }
  await run(key.name)
  await bind(key.name)
  const path = "/api/v1/namespaces/default/pods/evicted/eviction"
  await back.client.raw.post(path, {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name: key.name, namespace },
  })
  const pod = await pods().get(key)
  assert.notEqual(pod.metadata.deletionTimestamp, undefined)
  assert.equal(pod.status.conditions?.find(({ type }) => type === "DisruptionTarget")?.reason, "EvictionByEvictionAPI")
})

test("finalizers hold an object until they are gone", async () => {
  const maps = back.client.of(ConfigMap)
  const key = { namespace, name: "held" }
  await maps.create({ metadata: { ...key, finalizers: ["example.com/hold"] } })
  await maps.delete(key)
  const ending = await maps.get(key)
  assert.equal(ending.metadata.deletionGracePeriodSeconds, 0)
  await assert.rejects(
    maps.patch(key, { metadata: { finalizers: ["example.com/hold", "example.com/new"] } }, { type: "merge" }),
    /no new finalizers can be added if the object is being deleted, found new finalizers \[\]string\{"example.com\/new"\}/,
  )
  await maps.patch(key, { metadata: { finalizers: null } }, { type: "merge" })
  await assert.rejects(maps.get(key), isNotFound)
})

test("a pod that has ended, and is held, is not written again however often it is deleted", async () => {
  const key = { namespace, name: "held" }
  await run(key.name)
  await bind(key.name)
  await pods().patch(key, { metadata: { finalizers: ["example.com/hold"] } }, { type: "merge" })
  await pods().delete(key, { gracePeriodSeconds: 0 })
  const ended = await pods().get(key)
  assert.equal(ended.metadata.deletionGracePeriodSeconds, 0)
  await pods().delete(key, { gracePeriodSeconds: 0 })
  await pods().delete(key)
  assert.deepEqual(await pods().get(key), ended)
  await pods().patch(key, { metadata: { finalizers: null } }, { type: "merge" })
  await assert.rejects(pods().get(key), isNotFound)
})

test("propagation adds the garbage collector's finalizers", async () => {
  const maps = back.client.of(ConfigMap)
  for (const [policy, finalizer] of [
    ["Foreground", "foregroundDeletion"],
    ["Orphan", "orphan"],
  ] as const) {
    const key = { namespace, name: policy.toLowerCase() }
    await maps.create({ metadata: key })
    await maps.delete(key, { propagationPolicy: policy })
    assert.deepEqual((await maps.get(key)).metadata.finalizers, [finalizer])
  }
})

test("preconditions are checked", async () => {
  const maps = back.client.of(ConfigMap)
  const key = { namespace, name: "precise" }
  await maps.create({ metadata: key })
  await assert.rejects(maps.delete(key, { preconditions: { uid: "other" } }), isConflict)
  await assert.rejects(maps.delete(key, { preconditions: { resourceVersion: "1" } }), isConflict)
  assert.equal((await maps.get(key)).metadata.name, key.name)
})

test("a collection is deleted by selector", async () => {
  const maps = back.client.of(ConfigMap)
  for (const name of ["c1", "c2"]) await maps.create({ metadata: { name, namespace, labels: { many: "yes" } } })
  await maps.create({ metadata: { name: "c3", namespace } })
  await maps.deleteCollection({ namespace, labelSelector: "many=yes" })
  const left = (await maps.list({ namespace })).items.map((item) => item.metadata.name)
  assert.deepEqual([left.includes("c1"), left.includes("c2"), left.includes("c3")], [false, false, true])
})

test("a namespace ends when it is finalized", async () => {
  const namespaces = back.client.of(Namespace)
  const created = await namespaces.create({ metadata: { name: "team" } })
  assert.deepEqual(created.spec.finalizers, ["kubernetes"])
  assert.equal(created.status.phase, "Active")
  await namespaces.delete({ name: "team" })
  const ending = await namespaces.get({ name: "team" })
  assert.equal(ending.status.phase, "Terminating")
  await back.client.raw.put("/api/v1/namespaces/team/finalize", { ...ending, spec: {} })
  await assert.rejects(namespaces.get({ name: "team" }), isNotFound)
})
