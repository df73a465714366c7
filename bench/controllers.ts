import { Deployment } from "../src/api/apps/v1/deployment.ts"
import { Pod } from "../src/api/core/v1/pod.ts"
import { startCluster, type TestCluster } from "../testing/index.ts"
import { heapMb, type Measurement, measurement, printLines } from "./measurement.ts"

/**
 * A large Deployment through every control loop, the scheduler and the kubelets of fake nodes, in one process. Beside
 * each phase, in the same run: as many writes of pods as it made, sent one by one to an API server whose control loops
 * are crashed.
 */

const PODS = 10_000
const PODS_PER_NODE = 100
const KEY = { namespace: "default", name: "web" }
const LABELS = { app: "web" }

export async function run(): Promise<readonly Measurement[]> {
  await warmUp()
  const cluster = await startCluster()
  const emptyMb = heapMb()
  const nodes = PODS / PODS_PER_NODE
  for (let index = 0; index < nodes; index++) await cluster.nodes.add()
  await cluster.settled()
  const nodesMb = heapMb()
  const deployments = cluster.client.of(Deployment)
  const up = await phase(cluster, () => deployments.create(deployment(PODS)))
  const podsMb = heapMb()
  const image = { spec: { template: { spec: { containers: [{ name: "main", image: "web:2" }] } } } }
  const rolled = await phase(cluster, () => deployments.patch(KEY, image, { type: "strategic" }))
  const down = await phase(cluster, () => deployments.delete(KEY))
  await cluster.close()
  const floorMs = await msPerWrite()
  const told = (what: string, { cpuMs, podWrites }: Phase) =>
    measurement("controllers", `${PODS} pods ${what}, CPU a pod`, cpuMs / PODS, "ms", (podWrites * floorMs) / PODS)
  return [
    told("scaled up", up),
    told("rolled", rolled),
    told("deleted", down),
    measurement("controllers", "memory a pod, with its history", ((podsMb - nodesMb) * 1000) / PODS, "kB", null),
    measurement("controllers", "memory a node", ((nodesMb - emptyMb) * 1000) / nodes, "kB", null),
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
  /** Changes of pods that were stored. */
  readonly podWrites: number
}

async function phase(cluster: TestCluster, begin: () => Promise<unknown>): Promise<Phase> {
  const before = (await cluster.history()).at(-1)?.revision ?? 0
  const cpuMs = await cpuOf(async () => {
    await begin()
    await cluster.settled()
  })
  const changes = await cluster.history(before)
  return { cpuMs, podWrites: changes.filter(({ key }) => key.startsWith("/registry/pods/")).length }
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
