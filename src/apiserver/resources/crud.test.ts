import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { Deployment } from "../../api/apps/v1/deployment.ts"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import type { StatusError } from "../../machinery/status/status-error.ts"
import { startTestBack, type TestBack } from "./testing.ts"

let back: TestBack
before(async () => {
  back = await startTestBack()
})
after(() => back.close())

const namespace = "default"
const map = (name: string, data: Record<string, string> = { a: "1" }, labels: Record<string, string> = {}) => ({
  metadata: { name, namespace, labels },
  data,
})
const refused = async (running: Promise<unknown>): Promise<StatusError> =>
  running.then(
    () => assert.fail("it was not refused"),
    (error: StatusError) => error,
  )
const maps = () => back.client.of(ConfigMap)
const at = "/api/v1/namespaces/default/configmaps"

test("creates, reads, replaces and deletes", async () => {
  const created = await maps().create(map("life"))
  assert.equal(created.kind, "ConfigMap")
  assert.match(created.metadata.uid, /^[\da-f-]{36}$/)
  assert.equal(created.metadata.creationTimestamp, "2026-01-01T00:00:00Z")
  assert.deepEqual(await maps().get({ namespace, name: "life" }), created)
  const replaced = await maps().update({ ...created, data: { a: "2" } })
  assert.notEqual(replaced.metadata.resourceVersion, created.metadata.resourceVersion)
  assert.equal(replaced.metadata.uid, created.metadata.uid)
  const stale = await refused(maps().update({ ...created, data: { a: "3" } }))
  assert.equal(stale.code, 409)
  assert.equal(
    stale.message,
    'Operation cannot be fulfilled on configmaps "life": the object has been modified; please apply your changes to the latest version and try again',
  )
  const status = await back.transport.send({ method: "DELETE", path: `${at}/life` })
  assert.deepEqual(status, {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { name: "life", kind: "configmaps", uid: created.metadata.uid },
  })
  assert.equal((await refused(maps().get({ namespace, name: "life" }))).message, 'configmaps "life" not found')
})

test("a write that changes nothing makes no new version", async () => {
  const created = await maps().create(map("same"))
  const again = await maps().update(created)
  assert.equal(again.metadata.resourceVersion, created.metadata.resourceVersion)
})

test("refuses in Kubernetes' words", async () => {
  await maps().create(map("taken"))
  const taken = await refused(maps().create(map("taken")))
  assert.deepEqual(
    [taken.code, taken.reason, taken.message],
    [409, "AlreadyExists", 'configmaps "taken" already exists'],
  )
  const bad = await refused(maps().create(map("Bad_Name", {}, { "a b": "x" })))
  assert.equal(bad.code, 422)
  assert.deepEqual(
    bad.details?.causes?.map((cause) => cause.field),
    ["metadata.name", "metadata.labels"],
  )
  const wrong = await refused(
    back.transport.send({
      method: "POST",
      path: at,
      query: new Map([["fieldValidation", "Strict"]]),
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x" }, dataa: {} },
    }),
  )
  assert.equal(
    wrong.message,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dataa"',
  )
  const elsewhere = await refused(
    back.transport.send({ method: "POST", path: at, body: { metadata: { name: "x", namespace: "other" } } }),
  )
  assert.equal(
    elsewhere.message,
    "the namespace of the provided object does not match the namespace sent on the request",
  )
  assert.equal((await refused(back.transport.send({ method: "GET", path: "/api/v1/nothings" }))).code, 404)
})

test("what was acknowledged is seen at once by whoever decides by it", async () => {
  await maps().create(map("seen"))
  assert.equal(back.server.reader.get(ConfigMap, namespace, "seen")?.metadata.name, "seen")
  await maps().delete({ namespace, name: "seen" })
  assert.equal(back.server.reader.get(ConfigMap, namespace, "seen"), undefined)
})

test("what an object is does not change", async () => {
  const created = await maps().create(map("fixed"))
  const { metadata } = created
  const other = { ...created, metadata: { ...metadata, uid: "other" } }
  assert.match((await refused(maps().update(other))).message, /Precondition failed: UID in precondition: other/)
  const ending = { ...created, metadata: { ...metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } }
  const refusal = await refused(maps().update(ending))
  assert.equal(refusal.code, 422)
  assert.equal(refusal.details?.causes?.[0]?.field, "metadata.deletionTimestamp")
  const generation = { ...created, metadata: { ...metadata, generation: 7, labels: { a: "b" } } }
  assert.equal((await maps().update(generation)).metadata.generation, undefined)
})

test("unknown fields warn by default", async () => {
  back.warnings.length = 0
  await back.transport.send({ method: "POST", path: at, body: { metadata: { name: "warned" }, other: 1 } })
  assert.deepEqual(back.warnings, ['unknown field "other"'])
})

test("an owner that is named twice counts once", async () => {
  back.warnings.length = 0
  const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid: "u" }
  const created = await maps().create({ metadata: { name: "two-owners", namespace, ownerReferences: [owner, owner] } })
  assert.equal(created.metadata.ownerReferences?.length, 1)
  assert.match(back.warnings[0] ?? "", /duplicate UID\(s\) observed: u$/)
})

test("generates names, and dry runs store nothing", async () => {
  const created = (await back.transport.send({
    method: "POST",
    path: at,
    body: { metadata: { generateName: "gen-" } },
  })) as { metadata: { name: string } }
  assert.match(created.metadata.name, /^gen-[a-z\d]{5}$/)
  const dry = await maps().create(map("dry"), { dryRun: true })
  assert.equal(dry.metadata.resourceVersion, undefined)
  assert.equal((await refused(maps().get({ namespace, name: "dry" }))).code, 404)
})

test("patches: merge, JSON, and with a version", async () => {
  const key = { namespace, name: "patched" }
  const created = await maps().create(map("patched", { a: "1", b: "2" }))
  const merged = await maps().patch(key, { data: { a: null, c: "3" } }, { type: "merge" })
  assert.deepEqual({ ...merged.data }, { b: "2", c: "3" })
  const operations = [
    { op: "test", path: "/data/b", value: "2" },
    { op: "replace", path: "/data/b", value: "5" },
  ]
  const patched = await maps().patch(key, operations, { type: "json" })
  assert.equal(patched.data?.["b"], "5")
  assert.equal((await refused(maps().patch(key, operations, { type: "json" }))).code, 422)
  const stale = { metadata: { resourceVersion: created.metadata.resourceVersion }, data: { z: "1" } }
  assert.equal((await refused(maps().patch(key, stale, { type: "merge" }))).code, 409)
  const missing = await refused(maps().patch({ namespace, name: "no" }, {}, { type: "merge" }))
  assert.equal(missing.message, 'configmaps "no" not found')
})

test("lists in pages at one revision", async () => {
  const label = { page: "yes" }
  for (const name of ["p1", "p2", "p3"]) await maps().create(map(name, {}, label))
  const options = { namespace, labelSelector: "page=yes", limit: 2 }
  const first = await maps().list(options)
  assert.deepEqual(
    first.items.map((item) => item.metadata.name),
    ["p1", "p2"],
  )
  await maps().create(map("p4", {}, label))
  const second = await maps().list({ ...options, ...(first.continue && { continue: first.continue }) })
  assert.deepEqual(
    second.items.map((item) => item.metadata.name),
    ["p3"],
  )
  assert.equal(second.resourceVersion, first.resourceVersion)
  const all = await maps().list({ namespace, limit: 1 })
  assert.equal(all.remainingItemCount, (await maps().list({ namespace })).items.length - 1)
  await back.store.compact(await back.store.revision())
  const gone = await refused(maps().list({ ...options, ...(first.continue && { continue: first.continue }) }))
  assert.deepEqual([gone.code, gone.reason], [410, "Expired"])
  const token = String(gone.toStatus().metadata["continue"])
  const rest = await maps().list({ ...options, continue: token })
  assert.deepEqual(
    rest.items.map((item) => item.metadata.name),
    ["p3", "p4"],
  )
})

test("pages of a list from long ago can only be continued as of now", async () => {
  const label = { page: "old" }
  for (const name of ["o1", "o2", "o3"]) await maps().create(map(name, {}, label))
  const options = { namespace, labelSelector: "page=old", limit: 1 }
  const { continue: token = "" } = await maps().list(options)
  await maps().create(map("o4", {}, label))
  await maps().list(options)
  await back.platform.clock.advance(20_000)
  await maps().list(options)
  assert.equal((await maps().list({ ...options, continue: token })).items[0]?.metadata.name, "o2")
  await back.platform.clock.advance(5 * 60_000)
  const gone = await refused(maps().list({ ...options, continue: token }))
  assert.deepEqual([gone.code, gone.reason], [410, "Expired"])
  const rest = await maps().list({ ...options, limit: 9, continue: String(gone.toStatus().metadata["continue"]) })
  assert.equal(rest.items.length, 3)
})

test("scales a deployment", async () => {
  const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "i" }] } }
  const selector = { matchLabels: { app: "web" } }
  await back.client
    .of(Deployment)
    .create({ metadata: { name: "web", namespace }, spec: { replicas: 2, selector, template } })
  const path = "/apis/apps/v1/namespaces/default/deployments/web/scale"
  const scale = (await back.client.raw.get(path)) as { spec: object; status: object; metadata: { name: string } }
  assert.deepEqual(scale.spec, { replicas: 2 })
  assert.deepEqual(scale.status, { replicas: 0, selector: "app=web" })
  await back.client.raw.put(path, { ...scale, spec: { replicas: 5 } })
  const deployment = await back.client.of(Deployment).get({ namespace, name: "web" })
  assert.equal(deployment.spec.replicas, 5)
  const refusal = await refused(
    back.client.raw.put(path, { metadata: { name: "web", namespace }, spec: { replicas: -1 } }),
  )
  assert.equal(
    refusal.message,
    'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
  )
})
