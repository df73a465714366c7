import { Deployment } from "../src/api/apps/v1/deployment.ts"
import { Pod } from "../src/api/core/v1/pod.ts"
import { startCluster, type TestCluster } from "../testing/index.ts"
import { heapMb, type Measurement, measurement, printLines } from "./measurement.ts"

/**
 * A large Deployment through every control loop, the scheduler and the kubelets of fake nodes, in one process. Beside
 * each phase, in the same run: as many writes as it made, of pods and all else, sent one by one to an API server whose
 * control loops are crashed, as writes of pods.
 */

const PODS = 10_000
const PODS_PER_NODE = 100
const KEY = { namespace: "default", name: "web" }
const LABELS = { app: "web" }

export async function run(): Promise<readonly Measurement[]> {
  await warmUp()
  const cluster = await startCluster()
  await addNodes(cluster, PODS / PODS_PER_NODE)
  const nodesMb = await settledMb(cluster)
  const deployments = cluster.client.of(Deployment)
  const up = await phase(cluster, () => deployments.create(deployment(PODS)))
  const podsMb = await settledMb(cluster)
  const image = { spec: { template: { spec: { containers: [{ name: "main", image: "web:2" }] } } } }
  const rolled = await phase(cluster, () => deployments.patch(KEY, image, { type: "strategic" }))
  const down = await phase(cluster, () => deployments.delete(KEY))
  await cluster.close()
  const floorMs = await msPerWrite()
  const told = (what: string, { cpuMs, writes }: Phase) =>
    measurement("controllers", `${PODS} pods ${what}, CPU a pod`, cpuMs / PODS, "ms", (writes * floorMs) / PODS)
  return [
    told("scaled up", up),
    told("rolled", rolled),
    told("deleted", down),
    measurement("controllers", "memory a pod, with its history", ((podsMb - nodesMb) * 1000) / PODS, "kB", null),
    measurement("controllers", "memory a node, with its kubelet and history", await kbPerNode(), "kB", null),
  ]
}

const deployment = (replicas: number) => ({
  metadata: KEY,
  spec: {
    replicas,
    selector: { matchLabels: LABELS },
    template: { metadata: { labels: LABELS }, spec: { containers: [{ name: "main", image: "web:1" }] } },
  },
})

interface Phase {
  readonly cpuMs: number
  /** How many there were, by the store's revisions: its history is cut when it becomes long. */
  readonly writes: number
}

async function phase(cluster: TestCluster, begin: () => Promise<unknown>): Promise<Phase> {
  const revision = async () => (await cluster.history()).at(-1)?.revision ?? 0
  const before = await revision()
  const cpuMs = await cpuOf(async () => {
    await begin()
    await cluster.settled()
  })
  return { cpuMs, writes: (await revision()) - before }
}

async function addNodes(cluster: TestCluster, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await cluster.nodes.add()
}

/** What is reachable once nothing is left to do. What finalizers let go takes more than one collection. */
async function settledMb(cluster: TestCluster): Promise<number> {
  await cluster.settled()
  let least = heapMb()
  for (let round = 0; round < COLLECTIONS; round++) {
    await new Promise((resolve) => setImmediate(resolve))
    least = Math.min(least, heapMb())
  }
  return least
}

const COLLECTIONS = 5
const FEW_NODES = 100
const MORE_NODES = 400

/** Between two states of one cluster: what all nodes share, and code that has been compiled, is in both. */
async function kbPerNode(): Promise<number> {
  await using cluster = await startCluster()
  await addNodes(cluster, FEW_NODES)
  const fewMb = await settledMb(cluster)
  await addNodes(cluster, MORE_NODES)
  return (((await settledMb(cluster)) - fewMb) * 1000) / MORE_NODES
}

/** Code runs slower before it is compiled: that is no matter of the number of pods. */
async function warmUp(): Promise<void> {
  await using cluster = await startCluster({ nodes: 5 })
  await cluster.client.of(Deployment).create(deployment(5 * PODS_PER_NODE))
  await cluster.settled()
}

const FLOOR_PODS = 2000

/** CPU time of one write of a pod: each is created, changed twice, and deleted. */
async function msPerWrite(): Promise<number> {
  await using cluster = await startCluster()
  await cluster.crash("kube-controller-manager")
  await cluster.crash("kube-scheduler")
  const pods = cluster.client.of(Pod)
  const { template } = deployment(0).spec
  const cpuMs = await cpuOf(async () => {
    for (let index = 0; index < FLOOR_PODS; index++) {
      const key = { namespace: "default", name: `pod-${index}` }
      await pods.create({ metadata: { ...key, labels: LABELS }, spec: template.spec })
      await pods.patch(key, { metadata: { annotations: { step: "1" } } }, { type: "merge" })
      await pods.patch(key, { metadata: { annotations: { step: "2" } } }, { type: "merge" })
      await pods.delete(key)
    }
  })
  return cpuMs / (FLOOR_PODS * 4)
}

async function cpuOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { system, user } = process.cpuUsage(before)
  return (system + user) / 1000
}

if (import.meta.main) printLines(await run())
