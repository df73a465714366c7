/**
 * One workload in a process of its own: the API's resources on a store in memory, the scheduler, and who creates the pods.
 * Prints one JSON line: pods bound per second and CPU for each, and the same without any scheduling: every pod created,
 * bound to the next node, and told so by an event, after its victims, if it has any, were ended as preemption does.
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
const FLOOR_PODS = 1500

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
const nodeOf = (index: number) => ({ nodeName: `node-${index % nodeCount}` })
const before = workload.before(nodeCount)
await inParallel(AT_ONCE, before.length, (index) => createPod(`before-${index}`, before[index] ?? {}, nodeOf(index)))

const events = createEventRecorder({ client, component: DEFAULT_SCHEDULER_NAME, platform })
const { victims = 0, meanwhile } = workload
await inParallel(AT_ONCE, victims * FLOOR_PODS, (index) => createPod(`victim-${index}`, before[0] ?? {}, nodeOf(index)))
const floor = await measure("floor", FLOOR_PODS, {}, async (created) => {
  const pod = await created
  const index = Number(pod.metadata.name.split("-")[1])
  if (victims > 0) await makeRoom(pod, index)
  await bind({ client, events, platform }, pod, nodeOf(index).nodeName)
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
let others = 0
const another = (create: "churn" | PodShape) =>
  create === "churn" ? churn() : createPod(`other-${others++}`, create).then(() => undefined)
const coming = meanwhile && setInterval(() => void another(meanwhile.create), meanwhile.everyMs)
const ours = await measure("pod", workload.count(nodeCount), workload.measured)
clearInterval(coming)
abort.abort()
console.log(JSON.stringify({ ...ours, floorPerSecond: floor.perSecond, floorCpuMs: floor.cpuMs }))
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
  const names = new Set<string>()
  const watched = startInformer(client, Pod, { platform, signal: stop.signal })
  await watched.synced
  // Who falls behind is told of several changes as one.
  watched.onChange(({ object: { metadata, spec } }) => {
    if (!spec.nodeName || !metadata.name.startsWith(`${prefix}-`)) return
    if (names.add(metadata.name).size === count) bound.resolve()
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

/** What preemption writes: the node in view, why its pods have to go, and their end. */
async function makeRoom(pod: Pod, index: number): Promise<void> {
  const pods = client.of(Pod)
  const status = (conditions: object[], more: object = {}) => ({ status: { conditions, ...more } })
  const told = { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0 nodes are available" }
  const ended = { type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler", message: "preempting" }
  const write = { type: "strategic", subresource: "status" } as const
  events.record(pod, "Warning", "FailedScheduling", told.message, { action: "Scheduling" })
  await pods.patch(pod.metadata, status([told], { nominatedNodeName: nodeOf(index).nodeName }), write)
  for (let nth = 0; nth < victims; nth++) {
    const name = `victim-${victims * index + nth}`
    const victim = await pods.patch({ namespace: "default", name }, status([ended]), write)
    await pods.delete(victim.metadata, { preconditions: { uid: victim.metadata.uid } })
    events.record(victim, "Normal", "Preempted", `Preempted by pod ${pod.metadata.uid}`, {
      related: pod,
      action: "Preempting",
    })
  }
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
