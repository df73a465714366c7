import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { Deployment } from "../../api/apps/v1/deployment.ts"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { startTestBack, type TestBack } from "./testing.ts"

let back: TestBack
before(async () => {
  back = await startTestBack()
})
after(() => back.close())

const namespace = "default"
const maps = () => back.client.of(ConfigMap)
const config = (name: string, data: Record<string, string>) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace },
  data,
})
const apply = (name: string, data: Record<string, string>, fieldManager: string, force = false) =>
  maps().patch({ namespace, name }, config(name, data), { type: "apply", fieldManager, force })

test("whoever creates and changes owns the fields", async () => {
  const key = { namespace, name: "owned" }
  await maps().create({ metadata: key, data: { a: "1" } }, { fieldManager: "one" })
  const changed = await maps().patch(key, { data: { b: "2" } }, { type: "merge", fieldManager: "two" })
  assert.deepEqual(
    changed.metadata.managedFields?.map(({ manager, operation, fieldsV1 }) => [manager, operation, fieldsV1]),
    [
      ["one", "Update", { "f:data": { ".": {}, "f:a": {} } }],
      ["two", "Update", { "f:data": { "f:b": {} } }],
    ],
  )
})

test("applying creates, changes and removes", async () => {
  const created = await apply("applied", { a: "1", b: "2" }, "one")
  assert.equal(created.metadata.managedFields?.[0]?.operation, "Apply")
  assert.deepEqual({ ...(await apply("applied", { a: "3" }, "one")).data }, { a: "3" })
})

test("another manager's field is a conflict, unless taken by force", async () => {
  await apply("disputed", { a: "1" }, "one")
  await assert.rejects(apply("disputed", { a: "2" }, "two"), {
    code: 409,
    message: 'Apply failed with 1 conflict: conflict with "one": .data.a',
  })
  assert.deepEqual({ ...(await apply("disputed", { a: "2" }, "two", true)).data }, { a: "2" })
})

test("a manager must be named", async () => {
  const path = "/api/v1/namespaces/default/configmaps/unnamed"
  const request = { method: "PATCH", path, contentType: "application/apply-patch+yaml", body: config("unnamed", {}) }
  await assert.rejects(back.transport.send(request as Parameters<typeof back.transport.send>[0]), {
    code: 422,
    message: 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
  })
})

test("creating by applying needs the right to create", async () => {
  const asked: string[] = []
  const guarded = await startTestBack({
    authorizer: () => ({
      authorize: (_user, info) => {
        asked.push(info.verb)
        return { allowed: false }
      },
    }),
  })
  const body = config("sneaky", {})
  await assert.rejects(
    guarded.client.of(ConfigMap).patch({ namespace, name: "sneaky" }, body, { type: "apply" }),
    /User "tester" cannot create resource "configmaps" in API group "" in the namespace "default"/,
  )
  assert.deepEqual(asked, ["create"])
  await guarded.close()
})

test("a strategic patch merges containers by name", async () => {
  const labels = { app: "web" }
  const containers = [
    { name: "a", image: "a:1" },
    { name: "b", image: "b:1" },
  ]
  const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } }
  await back.client.of(Deployment).create({ metadata: { name: "web", namespace }, spec })
  const patch = { spec: { template: { spec: { containers: [{ name: "b", image: "b:2" }] } } } }
  const patched = await back.client.of(Deployment).patch({ namespace, name: "web" }, patch, { type: "strategic" })
  assert.deepEqual(
    patched.spec.template.spec?.containers.map(({ name, image }) => [name, image]),
    [
      ["a", "a:1"],
      ["b", "b:2"],
    ],
  )
  assert.equal(patched.metadata.generation, 2)
})

test("the status is written apart from the rest", async () => {
  const pods = back.client.of(Pod)
  const pod = await pods.create({
    metadata: { name: "p", namespace },
    spec: { containers: [{ name: "c", image: "i" }] },
  })
  const status = { ...pod.status, phase: "Running" as const }
  const running = await pods.updateStatus({ ...pod, metadata: { ...pod.metadata, labels: { a: "b" } }, status })
  assert.equal(running.status.phase, "Running")
  const ignored = await pods.update({ ...running, status: { phase: "Failed" } })
  assert.equal(ignored.status.phase, "Running")
  const last = running.metadata.managedFields?.at(-1)
  assert.deepEqual([last?.subresource, Object.keys(last?.fieldsV1 ?? {}).includes("f:status")], ["status", true])
})
