/**
 * One workload in a process of its own: the API's resources on a store in memory, the scheduler, and who creates the pods.
 * Prints one JSON line: pods bound per second and CPU for each, and the same without any scheduling: every pod created,
 * bound to the next node, and told so by an event.
 */
import { builtinResources } from "../../src/api/all.ts"
import { Namespace } from "../../src/api/core/v1/namespace.ts"
import { Node } from "../../src/api/core/v1/node.ts"
import { Pod } from "../../src/api/core/v1/pod.ts"
import { Service } from "../../src/api/core/v1/service.ts"
import { createInProcessTransport } from "../../src/apiserver/in-process.ts"
import { createResourceServer } from "../../src/apiserver/resources/resource-server.ts"
import { createEventRecorder } from "../../src/client/event-recorder.ts"
import { startInformer } from "../../src/client/informer.ts"
import { createClient } from "../../src/client/typed-client.ts"
import { createNodePlatform } from "../../src/platform/node/platform.ts"
import { bind } from "../../src/scheduler/binding.ts"
import { DEFAULT_SCHEDULER_NAME, defaultConfig } from "../../src/scheduler/config/default-config.ts"
import { pluginRegistry } from "../../src/scheduler/plugins/registry.ts"
import { startScheduler } from "../../src/scheduler/scheduler.ts"
import { createMemoryStore } from "../../src/store/memory/memory-store.ts"
import { inParallel } from "../in-parallel.ts"
import { type PodShape, workloads } from "./workloads.ts"

const AT_ONCE = 30
const CHURN_MS = 1000
const FLOOR_PODS = 2000

const [name, nodeText] = process.argv.slice(2)
const nodeCount = Number(nodeText)
const workload = workloads.find((one) => one.name === name)
if (workload === undefined) throw new Error(`no workload ${name}`)

const platform = createNodePlatform({ logLevel: "error" })
const store = createMemoryStore({ platform })
const server = createResourceServer({ store, platform, resources: builtinResources, admission: () => [] })
await server.start()
const user = { name: "bench", groups: ["system:authenticated"], extra: new Map<string, readonly string[]>() }
const client = createClient(createInProcessTransport(server.handle, user), { fieldManager: "bench" })
const abort = new AbortController()
const { signal } = abort

for (const namespace of ["default", "sched-0", "sched-1"]) {
  await client.of(Namespace).create({ metadata: { name: namespace } })
}
await inParallel(AT_ONCE, nodeCount, (index) => createNode(`node-${index}`, workload.nodeLabels?.(index)))
const before = workload.before(nodeCount)
await inParallel(AT_ONCE, before.length, (index) =>
  createPod(`before-${index}`, before[index] ?? {}, { nodeName: `node-${index % nodeCount}` }),
)

const events = createEventRecorder({ client, component: DEFAULT_SCHEDULER_NAME, platform })
const floor = await measure("floor", FLOOR_PODS, {}, async (created) => {
  const pod = await created
  await bind({ client, events, platform }, pod, `node-${Number(pod.metadata.name.split("-")[1]) % nodeCount}`)
})
await events.flushed()
await removeAll("floor", FLOOR_PODS)

const scheduler = startScheduler({
  client,
  platform,
  events,
  config: defaultConfig,
  registry: pluginRegistry,
  signal,
})
await scheduler.ready
const churning = workload.churn === true ? setInterval(() => void churn(), CHURN_MS) : undefined
const ours = await measure("pod", workload.count(nodeCount), workload.measured)
clearInterval(churning)
abort.abort()
console.log(JSON.stringify({ ...ours, floorPerSecond: floor.perSecond }))
process.exit(0)

/** From the first creation until the last pod is on a node. */
async function measure(
  prefix: string,
  count: number,
  shape: PodShape,
  afterwards?: (created: Promise<Pod>) => Promise<void>,
): Promise<{ perSecond: number; cpuMs: number }> {
  const stop = new AbortController()
  const bound = Promise.withResolvers<void>()
  let left = count
  const watched = startInformer(client, Pod, { platform, signal: stop.signal })
  await watched.synced
  watched.onChange((change) => {
    if (change.type !== "updated" || change.previous.spec.nodeName || !change.object.spec.nodeName) return
    if (change.object.metadata.name.startsWith(`${prefix}-`) && --left === 0) bound.resolve()
  })
  const cpu = process.cpuUsage()
  const beganMs = performance.now()
  await inParallel(AT_ONCE, count, async (index) => {
    const created = createPod(`${prefix}-${index}`, shape)
    await (afterwards === undefined ? created : afterwards(created))
  })
  await bound.promise
  const seconds = (performance.now() - beganMs) / 1000
  const { user: userUs, system } = process.cpuUsage(cpu)
  stop.abort()
  return { perSecond: count / seconds, cpuMs: (userUs + system) / 1000 / count }
}

function createNode(nodeName: string, labels: Readonly<Record<string, string>> = {}): Promise<Node> {
  const amounts = { cpu: "4", memory: "32Gi", pods: "110" }
  return client.of(Node).create({
    metadata: { name: nodeName, labels: { "kubernetes.io/hostname": nodeName, ...labels } },
    status: { capacity: amounts, allocatable: amounts, conditions: [{ type: "Ready", status: "True" }] },
  })
}

function createPod(podName: string, shape: PodShape, more: object = {}): Promise<Pod> {
  const { cpu = "100m", labels, namespace = "default", spec } = shape
  const amounts = { cpu, memory: "500Mi" }
  const container = {
    name: "pause",
    image: "registry.k8s.io/pause:3.10.2",
    ports: [{ containerPort: 80 }],
    resources: { limits: amounts, requests: amounts },
  }
  return client.of(Pod).create({
    metadata: { name: podName, namespace, ...(labels && { labels }) },
    spec: { containers: [container], ...spec, ...more },
  })
}

async function removeAll(prefix: string, count: number): Promise<void> {
  await inParallel(AT_ONCE, count, (index) =>
    client.of(Pod).delete({ namespace: "default", name: `${prefix}-${index}` }, { gracePeriodSeconds: 0 }),
  )
}

/** A node, a service and a pod that fits nowhere come and go. */
async function churn(): Promise<void> {
  const metadata = { name: "churn", namespace: "default" }
  await createNode("churn")
  await createPod("churn", { cpu: "9", spec: { priority: 10 } })
  await client.of(Service).create({ metadata, spec: { selector: { app: "foo" }, ports: [{ port: 8080 }] } })
  await client.of(Service).delete(metadata)
  await client.of(Pod).delete(metadata, { gracePeriodSeconds: 0 })
  await client.of(Node).delete({ name: "churn" })
}
