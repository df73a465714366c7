import assert from "node:assert/strict"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, test } from "node:test"
import type { PersistentVolume } from "../src/api/core/v1/persistent-volume.ts"
import { startTestCluster, type TestCluster } from "./cluster.ts"
import { until } from "./command.ts"
import { podTemplate, statefulPair } from "./workload-objects.ts"

/** Claims on the class that every cluster has, on two nodes, as kubectl sees them. */

let cluster: TestCluster
before(async () => {
  cluster = await startTestCluster({ name: "volumes", nodes: 2 })
})
after(() => cluster?.down())

const claimSpec = (storage: string, accessModes = ["ReadWriteOnce"]) => ({
  accessModes,
  resources: { requests: { storage } },
})
const volumesOf = async () => (await cluster.get<{ items: PersistentVolume[] }>("pv")).items
/** Where the data of a claim is on this machine. */
const pathOf = async (claim: string) =>
  (await volumesOf()).find(({ spec }) => spec.claimRef?.name === claim)?.spec.local?.path ?? ""

test("a stateful set keeps its data over the death of its pods, each with its own", async () => {
  const container = {
    command: ["sh", "-c", "echo $HOSTNAME >>/data/starts; exec sleep 3600"],
    volumeMounts: [{ name: "data", mountPath: "/data" }],
  }
  const template = podTemplate("db", container, { securityContext: { runAsUser: 1000 } })
  const volumeClaimTemplates = [{ metadata: { name: "data" }, spec: claimSpec("1Gi") }]
  await cluster.apply(statefulPair(template, { volumeClaimTemplates }))
  await cluster.kubectl("rollout status statefulset/db --timeout=60s")
  const before = await cluster.kubectl("get pod db-0 -o jsonpath={.metadata.uid}")
  await cluster.kubectl("delete pod db-0")
  await until("another db-0 runs", async () => {
    const { stdout } = await cluster.tryKubectl("get pod db-0 -o jsonpath={.metadata.uid},{.status.phase}")
    return stdout.endsWith(",Running") && !stdout.startsWith(before)
  })
  const starts = (pod: string) => cluster.kubectl(`exec ${pod} -- cat /data/starts`)
  await until("it has written", async () => (await starts("db-0")) === "db-0\ndb-0\n")
  assert.equal(await starts("db-1"), "db-1\n")
  assert.equal(readFileSync(join(await pathOf("data-db-1"), "starts"), "utf8"), "db-1\n")
})

test("a claim grows", async () => {
  await cluster.kubectl(["patch", "pvc", "data-db-0", "-p", JSON.stringify({ spec: claimSpec("2Gi") })])
  await cluster.kubectl("wait pvc data-db-0 --for=jsonpath={.status.capacity.storage}=2Gi --timeout=30s")
})

test("a claim for more than one node is refused in words", async () => {
  const annotations = { "volume.kubernetes.io/selected-node": cluster.record.nodes[0]?.name ?? "" }
  const spec = claimSpec("1Gi", ["ReadWriteMany"])
  await cluster.apply({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "shared", annotations },
    spec,
  })
  await until("the claim tells why", async () =>
    (await cluster.kubectl("describe pvc shared")).includes("access mode ReadWriteMany is not supported"),
  )
  await cluster.kubectl("delete pvc shared")
})

test("data goes with the claim, and also when the node was away meanwhile", async () => {
  const paths = [await pathOf("data-db-0"), await pathOf("data-db-1")]
  assert.deepEqual(paths.map(existsSync), [true, true])
  await cluster.kubectl("delete statefulset db")
  await until("the pods are gone", async () => (await cluster.kubectl("get pods -o name")) === "")
  await cluster.kubectl("delete pvc data-db-0")
  await until("the first volume is gone", async () => (await volumesOf()).length === 1)
  assert.equal(existsSync(paths[0] ?? ""), false)
  const [left] = await volumesOf()
  const node = left?.metadata.annotations?.["local.gantry.dev/node"] ?? ""
  const agent = cluster.agentPid(node)
  assert.ok(agent)
  process.kill(agent, "SIGKILL")
  await cluster.kubectl("delete pvc data-db-1")
  await until("the second one waits for its node", async () => (await volumesOf())[0]?.status.phase === "Released")
  assert.equal(existsSync(paths[1] ?? ""), true)
  await cluster.up()
  await until("the second volume is gone", async () => (await volumesOf()).length === 0)
  const folders = cluster.record.nodes.map(({ name }) => join(cluster.dataDir, "nodes", name, "volumes"))
  const found = folders.filter(existsSync).flatMap((folder) => readdirSync(folder))
  assert.deepEqual(
    found.filter((name) => name.startsWith("pvc-")),
    [],
  )
})

test("the class stays away when somebody deletes it", async () => {
  await cluster.kubectl("delete storageclass local")
  await cluster.gantry("down")
  await cluster.up()
  assert.equal(await cluster.kubectl("get storageclass -o name"), "")
})
