import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { Pod } from "../src/api/core/v1/pod.ts"
import { startTestCluster, type TestCluster } from "./cluster.ts"
import { until } from "./command.ts"
import { startWebApp } from "./web-app.ts"
import { podTemplate, statefulPair } from "./workload-objects.ts"

/** Workloads other than deployments, on two nodes, as kubectl sees them. */

let cluster: TestCluster
before(async () => {
  cluster = await startTestCluster({ name: "workloads", nodes: 2 })
})
after(() => cluster?.down())

const SLEEP = { command: ["sleep", "3600"] }
const podsOf = async (app: string) => (await cluster.get<{ items: Pod[] }>(`pods -l app=${app}`)).items

test("a daemon set has a pod on each node, and goes back to an earlier template", async () => {
  const spec = { selector: { matchLabels: { app: "logs" } }, template: podTemplate("logs", SLEEP) }
  await cluster.apply({ apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name: "logs" }, spec })
  await cluster.kubectl("rollout status daemonset/logs --timeout=60s")
  assert.equal(new Set((await podsOf("logs")).map((pod) => pod.spec.nodeName)).size, 2)
  await cluster.kubectl("set env daemonset/logs LEVEL=debug")
  await cluster.kubectl("rollout status daemonset/logs --timeout=60s")
  await cluster.kubectl("rollout undo daemonset/logs")
  await cluster.kubectl("rollout status daemonset/logs --timeout=60s")
  const envs = (await podsOf("logs"))
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .map(({ spec }) => spec.containers[0]?.env)
  assert.deepEqual(envs, [undefined, undefined])
})

test("pods of a stateful set have names that others find, and keep them", async () => {
  const service = { clusterIP: "None", selector: { app: "db" }, ports: [{ port: 80 }] }
  await cluster.apply(
    { apiVersion: "v1", kind: "Service", metadata: { name: "db" }, spec: service },
    statefulPair(podTemplate("db", SLEEP)),
  )
  await cluster.kubectl("rollout status statefulset/db --timeout=60s")
  const address = await cluster.kubectl("get pod db-1 -o jsonpath={.status.podIP}")
  await until("db-0 finds db-1", async () => {
    const { stdout } = await cluster.tryKubectl("exec db-0 -- nslookup db-1.db.default.svc.cluster.local")
    return stdout.includes(address)
  })
  await cluster.kubectl("delete pod db-0")
  await until(
    "db-0 is back",
    async () => (await cluster.kubectl("get statefulset db -o jsonpath={.status.readyReplicas}")) === "2",
  )
})

test("a job runs to its end", async () => {
  const spec = {
    completions: 3,
    parallelism: 2,
    template: podTemplate("sum", { command: ["sh", "-c", "echo $((6 * 7))"] }, { restartPolicy: "Never" }),
  }
  await cluster.apply({ apiVersion: "batch/v1", kind: "Job", metadata: { name: "sum" }, spec })
  await cluster.kubectl("wait --for=condition=complete job/sum --timeout=60s")
  assert.equal((await podsOf("sum")).filter(({ status }) => status.phase === "Succeeded").length, 3)
  assert.match(await cluster.kubectl("logs job/sum"), /42/)
})

test("a drain respects a disruption budget and moves everything", async () => {
  const app = await startWebApp(cluster, "guarded", 2)
  await cluster.kubectl("create poddisruptionbudget guarded --selector=app=guarded --min-available=1")
  await until("the budget is counted", async () => {
    return (await cluster.kubectl("get pdb guarded -o jsonpath={.status.disruptionsAllowed}")) === "1"
  })
  const node = cluster.record.nodes[1]?.name ?? ""
  await cluster.kubectl(["drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=90s"], {
    timeoutMs: 100_000,
  })
  await until("its pods run elsewhere", async () => {
    const pods = await podsOf(app.name)
    const ready = pods.filter(({ status }) =>
      status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True"),
    )
    return pods.every(({ spec }) => spec.nodeName !== node) && ready.length === 2
  })
  await cluster.kubectl(["uncordon", node])
})

test("what has no effect yet says so", async () => {
  const ingress = {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "front" },
    spec: { defaultBackend: { service: { name: "web", port: { number: 80 } } } },
  }
  const { stderr } = await cluster.tryKubectl("apply -f -", { input: JSON.stringify(ingress) })
  assert.match(stderr, /Warning: this Ingress is stored but has no effect/)
  await cluster.kubectl("delete ingress front --timeout=30s")
})
