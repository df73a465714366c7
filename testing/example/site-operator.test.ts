import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { CustomResourceDefinition } from "../../src/api/apiextensions/v1/custom-resource-definition.ts"
import { Deployment } from "../../src/api/apps/v1/deployment.ts"
import { Event } from "../../src/api/core/v1/event.ts"
import { Namespace } from "../../src/api/core/v1/namespace.ts"
import { Pod } from "../../src/api/core/v1/pod.ts"
import { isInvalid, isNotFound, startCluster, type TestCluster } from "../index.ts"
import { Site, siteController, siteDefinition } from "./site-operator.ts"

/** An operator's tests: a real API server and all controllers, nothing mocked, and nowhere a pause. */

let cluster: TestCluster
before(async () => {
  cluster = await startCluster({ nodes: 2 })
  await cluster.client.of(CustomResourceDefinition).create(siteDefinition)
  await cluster.settled()
  cluster.run(siteController)
})
after(() => cluster.close())

/** Each test has a namespace of its own. */
async function newNamespace(name: string): Promise<string> {
  await cluster.client.of(Namespace).create({ metadata: { name } })
  await cluster.settled()
  return name
}
const pods = async (namespace: string) => (await cluster.client.of(Pod).list({ namespace })).items

test("a site gets pods, and tells how many are ready", async () => {
  const namespace = await newNamespace("ready")
  cluster.nodes.stage({ namespace }, { ready: "30s" })
  await cluster.client.of(Site).create({ metadata: { name: "blog", namespace }, spec: { image: "blog:1" } })
  await cluster.settled()
  const status = async () => (await cluster.client.of(Site).get({ namespace, name: "blog" })).status
  assert.deepEqual(await status(), { ready: 0 })
  await cluster.clock.advance("30s")
  await cluster.settled()
  assert.deepEqual(await status(), { ready: 2 })
  assert.equal((await pods(namespace)).length, 2)
  const events = (await cluster.client.of(Event).list({ namespace, fieldSelector: "involvedObject.kind=Site" })).items
  assert.deepEqual(
    events.map(({ message, reason }) => [reason, message]),
    [["Created", "Created deployment blog"]],
  )
})

test("a changed site is rolled out", async () => {
  const namespace = await newNamespace("changed")
  const key = { namespace, name: "blog" }
  await cluster.client.of(Site).create({ metadata: key, spec: { image: "blog:1", replicas: 3 } })
  await cluster.settled()
  await cluster.client.of(Site).patch(key, { spec: { image: "blog:2" } }, { type: "merge" })
  await cluster.settled()
  assert.deepEqual(
    (await pods(namespace)).map(({ spec }) => spec.containers[0]?.image),
    ["blog:2", "blog:2", "blog:2"],
  )
})

test("what somebody changes behind the operator's back is put right", async () => {
  const namespace = await newNamespace("drift")
  const key = { namespace, name: "blog" }
  await cluster.client.of(Site).create({ metadata: key, spec: { image: "blog:1" } })
  await cluster.settled()
  await cluster.client.of(Deployment).patch(key, { spec: { replicas: 9 } }, { type: "merge" })
  await cluster.settled()
  assert.equal((await cluster.client.of(Deployment).get(key)).spec.replicas, 2)
  await cluster.client.of(Deployment).delete(key)
  await cluster.settled()
  assert.equal((await pods(namespace)).length, 2)
})

test("a site takes everything with it when it goes", async () => {
  const namespace = await newNamespace("gone")
  const key = { namespace, name: "blog" }
  await cluster.client.of(Site).create({ metadata: key, spec: { image: "blog:1" } })
  await cluster.settled()
  await cluster.client.of(Site).delete(key)
  await cluster.settled()
  await assert.rejects(cluster.client.of(Deployment).get(key), isNotFound)
  assert.deepEqual(await pods(namespace), [])
})

test("the definition's rules and defaults hold", async () => {
  const namespace = await newNamespace("rules")
  const sites = cluster.client.of(Site)
  const create = (image: string) => sites.create({ metadata: { name: "blog", namespace }, spec: { image } })
  await assert.rejects(create("blog:latest"), (error: unknown) => {
    assert.ok(isInvalid(error))
    assert.match(error.message, /image must have a version/)
    return true
  })
  assert.equal((await create("blog:1")).spec.replicas, 2)
})

test("the operator gets over an API server that is gone for a while", async () => {
  const namespace = await newNamespace("outage")
  const key = { namespace, name: "blog" }
  await cluster.client.of(Site).create({ metadata: key, spec: { image: "blog:1" } })
  await cluster.settled()
  await cluster.crash("kube-apiserver")
  await cluster.clock.advance("1m")
  await cluster.restart("kube-apiserver")
  await cluster.client.of(Site).patch(key, { spec: { replicas: 4 } }, { type: "merge" })
  await cluster.settled()
  assert.deepEqual((await cluster.client.of(Site).get(key)).status, { ready: 4 })
})
