import assert from "node:assert/strict"
import { test } from "node:test"
import { Deployment } from "../src/api/apps/v1/deployment.ts"
import { ConfigMap } from "../src/api/core/v1/config-map.ts"
import { Namespace } from "../src/api/core/v1/namespace.ts"
import { Node } from "../src/api/core/v1/node.ts"
import { Pod } from "../src/api/core/v1/pod.ts"
import { isNotFound, startCluster } from "./index.ts"

const web = (namespace = "default", replicas = 3) => ({
  metadata: { name: "web", namespace },
  spec: {
    replicas,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "main", image: "web:1" }] } },
  },
})

test("a deployment becomes ready pods on the nodes", async () => {
  await using cluster = await startCluster({ nodes: 3 })
  const { client } = cluster
  const nodes = (await client.of(Node).list()).items
  assert.deepEqual(
    nodes.map(({ metadata, status }) => [
      metadata.name,
      status.conditions?.find(({ type }) => type === "Ready")?.status,
    ]),
    [
      ["node-1", "True"],
      ["node-2", "True"],
      ["node-3", "True"],
    ],
  )
  await client.of(Deployment).create(web())
  await cluster.settled()
  const { status } = await client.of(Deployment).get({ namespace: "default", name: "web" })
  assert.equal(status.readyReplicas, 3)
  const pods = (await client.of(Pod).list({ namespace: "default" })).items
  assert.deepEqual(new Set(pods.map(({ spec }) => spec.nodeName)), new Set(["node-1", "node-2", "node-3"]))
  assert.deepEqual(new Set(pods.map(({ status }) => status.phase)), new Set(["Running"]))
})

test("a namespace ends with everything in it", async () => {
  await using cluster = await startCluster({ nodes: 1 })
  const { client } = cluster
  await client.of(Namespace).create({ metadata: { name: "team" } })
  await cluster.settled()
  await client.of(ConfigMap).create({ metadata: { name: "settings", namespace: "team" } })
  await client.of(Deployment).create(web("team", 2))
  await cluster.settled()
  assert.equal((await client.of(Pod).list({ namespace: "team" })).items.length, 2)
  await client.of(Namespace).delete({ name: "team" })
  await cluster.settled()
  await assert.rejects(client.of(Namespace).get({ name: "team" }), isNotFound)
  assert.deepEqual((await client.of(Pod).list({ namespace: "team" })).items, [])
})

test("the same seed and steps give the same history, to the byte", async () => {
  const run = async (seed: number) => {
    await using cluster = await startCluster({ nodes: 2, seed })
    await cluster.client.of(Deployment).create(web())
    await cluster.settled()
    await cluster.clock.advance("10m")
    await cluster.client.of(Deployment).delete({ namespace: "default", name: "web" })
    await cluster.settled()
    return cluster.history()
  }
  const [first, second, other] = [await run(7), await run(7), await run(8)]
  assert.deepEqual(first, second)
  assert.notDeepEqual(first, other)
})
