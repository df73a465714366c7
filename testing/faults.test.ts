import assert from "node:assert/strict"
import { test } from "node:test"
import { Deployment } from "../src/api/apps/v1/deployment.ts"
import { ReplicaSet } from "../src/api/apps/v1/replica-set.ts"
import { ConfigMap } from "../src/api/core/v1/config-map.ts"
import { Node } from "../src/api/core/v1/node.ts"
import { Pod } from "../src/api/core/v1/pod.ts"
import { ClusterRoleBinding } from "../src/api/rbac/v1/cluster-role-binding.ts"
import { isConflict, isForbidden, isTooManyRequests, startCluster, type TestCluster } from "./index.ts"

const deployment = (replicas = 3, image = "web:1") => ({
  metadata: { name: "web", namespace: "default" },
  spec: {
    replicas,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "main", image }] } },
  },
})
const key = { namespace: "default", name: "web" }
const readyReplicas = async ({ client }: TestCluster) =>
  (await client.of(Deployment).get(key)).status.readyReplicas ?? 0
const scale = ({ client }: TestCluster, replicas: number) =>
  client.of(Deployment).patch(key, { spec: { replicas } }, { type: "merge" })

test("the n-th write conflicts, and only that one", async () => {
  await using cluster = await startCluster()
  const { client, faults } = cluster
  const settings = client.of(ConfigMap)
  const made = await settings.create({ metadata: { name: "settings", namespace: "default" } })
  const fault = faults.conflict({ resource: ConfigMap, verbs: ["update"] }, { after: 1, times: 1 })
  const first = await settings.update({ ...made, data: { step: "1" } })
  await assert.rejects(settings.update({ ...first, data: { step: "2" } }), isConflict)
  await settings.update({ ...first, data: { step: "3" } })
  assert.equal(fault.struck, 1)
})

test("controllers get over conflicts, refusals, latency, and watches that break or expire", async () => {
  await using cluster = await startCluster({ nodes: 2 })
  const { client, faults } = cluster
  const struck = [
    faults.conflict({ resource: ReplicaSet, verbs: ["update", "patch"] }, { times: 3 }),
    faults.tooManyRequests({ resource: Pod, verbs: ["create"] }, { after: 1, times: 2 }),
    faults.latency({ resource: Pod, verbs: ["patch"] }, "3s", { times: 2 }),
    faults.unavailable({ resource: Pod, subresource: "binding" }, { times: 1 }),
  ]
  await client.of(Deployment).create(deployment())
  assert.ok(faults.dropWatches() > 20)
  await cluster.settled()
  assert.equal(await readyReplicas(cluster), 3)
  assert.deepEqual(
    struck.map((fault) => fault.struck > 0),
    [true, true, true, true],
  )
  faults.clear()
  assert.ok(faults.expireWatches({ resource: Pod }) > 0)
  await scale(cluster, 5)
  await cluster.settled()
  assert.equal(await readyReplicas(cluster), 5)
})

test("a refusal says when to try again", async () => {
  await using cluster = await startCluster()
  const { client } = cluster
  const alice = { kind: "User", name: "alice", apiGroup: "rbac.authorization.k8s.io" }
  const view = { kind: "ClusterRole", name: "view", apiGroup: "rbac.authorization.k8s.io" }
  await assert.rejects(cluster.as("alice").of(Pod).list(), isForbidden)
  await client.of(ClusterRoleBinding).create({ metadata: { name: "alice" }, roleRef: view, subjects: [alice] })
  await cluster.settled()
  await cluster.as("alice").of(Pod).list()
  cluster.faults.tooManyRequests({ user: "alice" }, { retryAfterSeconds: 7, times: 1 })
  await cluster.client.of(Pod).list()
  await assert.rejects(cluster.as("alice").of(Pod).list(), (error: unknown) => {
    assert.ok(isTooManyRequests(error))
    assert.equal(error.details?.retryAfterSeconds, 7)
    return true
  })
})

test("what is asked of a crashed component is done after its restart", async () => {
  await using cluster = await startCluster({ nodes: 2 })
  await cluster.client.of(Deployment).create(deployment(1))
  await cluster.settled()
  const names = ["kube-scheduler", "deployment-controller", "replicaset-controller", "kube-controller-manager"]
  for (const [index, name] of names.entries()) {
    await cluster.crash(name)
    await scale(cluster, 2 + index)
    await cluster.settled()
    assert.equal(await readyReplicas(cluster), 1 + index, `without ${name}`)
    await cluster.restart(name)
    await cluster.settled()
    assert.equal(await readyReplicas(cluster), 2 + index, `with ${name} again`)
  }
})

test("pods go on while the API server is gone, and everybody finds it again", async () => {
  await using cluster = await startCluster({ nodes: 1 })
  await cluster.client.of(Deployment).create(deployment(2))
  await cluster.settled()
  await cluster.crash("kube-apiserver")
  await assert.rejects(cluster.client.of(Pod).list(), /not running/)
  await cluster.clock.advance("2m")
  await cluster.settled()
  await cluster.restart("kube-apiserver")
  await cluster.settled()
  const pods = (await cluster.client.of(Pod).list({ namespace: "default" })).items
  assert.deepEqual(
    pods.map(({ status }) => [status.phase, status.containerStatuses?.[0]?.restartCount]),
    [
      ["Running", 0],
      ["Running", 0],
    ],
  )
  await cluster.clock.advance("15s")
  const [node] = (await cluster.client.of(Node).list()).items
  assert.equal(node?.status.conditions?.find(({ type }) => type === "Ready")?.status, "True")
  await scale(cluster, 3)
  await cluster.settled()
  assert.equal(await readyReplicas(cluster), 3)
})

test("pods of a node that is silent for long move to another", async () => {
  await using cluster = await startCluster({ nodes: 2 })
  await cluster.client.of(Deployment).create(deployment(2))
  await cluster.settled()
  await cluster.nodes.powerOff("node-2")
  await cluster.clock.advance("10m")
  const lost = await cluster.client.of(Node).get({ name: "node-2" })
  assert.equal(lost.status.conditions?.find(({ type }) => type === "Ready")?.status, "Unknown")
  const running = (await cluster.client.of(Pod).list({ fieldSelector: "spec.nodeName=node-1" })).items
  assert.equal(running.length, 2)
  await cluster.restart("kubelet/node-2")
  await cluster.settled()
  const back = await cluster.client.of(Node).get({ name: "node-2" })
  assert.equal(back.status.conditions?.find(({ type }) => type === "Ready")?.status, "True")
  assert.deepEqual((await cluster.client.of(Pod).list({ fieldSelector: "spec.nodeName=node-2" })).items, [])
})

test("a kubelet whose writes conflict tries them again, as long as the pod is the same", async () => {
  await using cluster = await startCluster({ nodes: 1 })
  const { client, faults } = cluster
  const user = "system:node:node-1"
  const statuses = faults.conflict({ resource: Pod, subresource: "status", user }, { times: 2 })
  const deletions = faults.conflict({ resource: Pod, verbs: ["delete"], user }, { times: 2 })
  await client.of(Deployment).create(deployment(1))
  await cluster.settled()
  assert.equal(await readyReplicas(cluster), 1)
  await client.of(Deployment).delete(key)
  await cluster.clock.advance("1m")
  assert.deepEqual((await client.of(Pod).list({ namespace: "default" })).items, [])
  assert.deepEqual([statuses.struck, deletions.struck], [2, 2])
})
