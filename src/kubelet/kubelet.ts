import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { Pod } from "../api/core/v1/pod.ts"
import { startInformer } from "../client/informer.ts"
import { MetricsRegistry } from "../platform/metrics-registry.ts"
import { createPodAccess } from "./access.ts"
import { admission } from "./admission/admit.ts"
import { refusedResize } from "./admission/resizes.ts"
import { isStopped, rejectionOf } from "./admission/set-aside.ts"
import { adoptPods } from "./adopt-pods.ts"
import { createCheckpoints } from "./checkpoints.ts"
import { kubeletConfiguration } from "./configuration.ts"
import { logLinksDir } from "./container/log-link.ts"
import { createCounters } from "./counters.ts"
import { parseCpus } from "./cpus/cpu-set.ts"
import { type CpusetKeeper, keepCpusets } from "./cpus/keep-cpusets.ts"
import { createEnvironment } from "./create-environment.ts"
import { createDevicePlugins } from "./device-plugins/create-device-plugins.ts"
import type { Environment } from "./environment.ts"
import { evictPods } from "./eviction/evict-pods.ts"
import { createNodePressure } from "./eviction/node-pressure.ts"
import { observeMachine, shareDisk } from "./eviction/observe.ts"
import { amountOf } from "./eviction/thresholds.ts"
import { collectGarbage } from "./garbage/collect-garbage.ts"
import { createImageCollector } from "./garbage/collect-images.ts"
import { measureImages, measureRuntime } from "./measure-runtime.ts"
import { readDisk, readMachine } from "./node/machine.ts"
import { allocatable, extendedOf } from "./node/node-status.ts"
import { refuseMachine } from "./node/refuse-machine.ts"
import { limitOfPods, reservedAmounts } from "./node/reservations.ts"
import { type RunningNode, startNode } from "./node/start-node.ts"
import type { Kubelet, KubeletOptions } from "./options.ts"
import { type WorkerEnvironment, workerEnvironment } from "./pod/worker-environment.ts"
import { servePodResources } from "./pod-resources/serve-pod-resources.ts"
import { createPods } from "./pods.ts"
import { measureCgroups } from "./resources/measure-cgroups.ts"
import { readSwap } from "./resources/swap.ts"
import { followRuntime } from "./runtime-view.ts"
import { defaultSettings } from "./settings/settings.ts"
import { createNodeShutdown } from "./shutdown/shut-down.ts"
import { createMirrorPods } from "./static-pods/mirror-pods.ts"
import { runStaticPods } from "./static-pods/run-static-pods.ts"
import { createStatusWriter } from "./status/status-writer.ts"
import { createTimings } from "./timings.ts"
import { openAllocations, topologyFor } from "./topology/allocations.ts"

export type { Kubelet, KubeletOptions } from "./options.ts"

/**
 * Runs the pods that are bound to a node. What runs already is adopted and left alone. Resolves once the runtime has
 * been read; `ready` says when the node is registered.
 */
export async function startKubelet(given: KubeletOptions): Promise<Kubelet> {
  const { clock } = given.platform
  const counters = createCounters()
  const timings = createTimings(given.registry ?? new MetricsRegistry(), clock)
  const options: KubeletOptions = {
    ...given,
    runtime: measureRuntime(given.runtime, { counters, timings }),
    images: measureImages(given.images, { counters, timings }),
    cgroups: measureCgroups(given.cgroups, timings, clock),
  }
  const { client, dataDir, nodeName, platform, runtime } = options
  const stopped = new AbortController()
  const signal = AbortSignal.any([options.signal, stopped.signal])
  for (const folder of [join(dataDir, "pods"), options.logDir]) mkdirSync(folder, { recursive: true, mode: 0o750 })
  mkdirSync(logLinksDir(options.logDir), { recursive: true, mode: 0o755 })
  const machine = readMachine()
  const settings = { ...defaultSettings, ...options.settings }
  refuseMachine(machine, settings, dataDir)
  options.cgroups.limit(limitOfPods(machine, settings))
  const topology = topologyFor(settings.placement, options.topology)
  const swap = readSwap(settings.swap, machine)
  let reporting: RunningNode | undefined
  let cpusets: CpusetKeeper | undefined
  const devicePlugins = createDevicePlugins({
    dataDir,
    platform,
    timings,
    numaNodes: topology.nodes.map(({ id }) => id),
    onRegister: (resource) => counters.add("kubelet_device_plugin_registration_total", { resource_name: resource }),
    onChange: () => reporting?.poke(),
    onHealth: (podUid) => pods.poke(podUid),
    signal,
  })
  const allocations = openAllocations({
    settings: settings.placement,
    machine: topology,
    reserved: reservedAmounts(settings),
    memoryThreshold: amountOf(settings.eviction.hard["memory.available"] ?? "0", machine.memoryBytes),
    reservedCpus: settings.reserved.cpus === undefined ? undefined : new Set(parseCpus(settings.reserved.cpus)),
    dataDir,
    providers: [devicePlugins.provider],
    counters,
    log: platform.log,
    onChange: () => cpusets?.changed(),
  })
  const nodeAllocatable = () =>
    allocatable({ machine, disk: readDisk(dataDir), settings, offer: devicePlugins.offer() })
  const { mountpoint: imagesDir } = await options.images.fsInfo()
  const { memoryBytes } = machine
  const observe = options.observe ?? (() => observeMachine({ dataDir, imagesDir, memoryBytes }))
  const pressure = createNodePressure({ settings: settings.eviction, observe, platform })
  const checkpoints = createCheckpoints({ dataDir, platform })

  let environment: WorkerEnvironment | undefined
  let running: Environment | undefined
  const pods = createPods({
    environment: () => {
      if (environment === undefined) throw new Error("pods were handed to the kubelet before it could run them")
      return environment
    },
    signal,
    admit: (pod, others, preempt) => {
      const refusal = shutdown.refusal()
      if (refusal !== undefined) return refusal
      const own = node.own.get()
      const labels = own?.metadata.labels ?? node.labels
      const allocate = () => allocations.admit(pod)
      return admission(pod, {
        node: { name: nodeName, labels },
        allocatable: devicePlugins.raise(pod, { ...extendedOf(own?.status.allocatable), ...nodeAllocatable() }),
        taints: own?.spec.taints ?? [],
        unsafeSysctls: settings.unsafeSysctls,
        pressure: pressure.conditions(),
        others,
        ...(preempt && { preempt, allocate }),
      })
    },
    refusedResize: (pod, allocated) => refusedResize(pod, allocated, settings.placement, swap, counters),
    settle(pod) {
      // The machine may have begun anew, and with it the plugins.
      const refusal = isStopped(pod, view.of(pod.metadata.uid)) ? allocations.admit(pod) : undefined
      if (pod.status?.phase === "Running") allocations.adopt(pod)
      if (refusal !== undefined) return Promise.resolve(refusal)
      return devicePlugins.confirm(pod)?.then(() => undefined, rejectionOf)
    },
    onOver: (podUid) => allocations.release(podUid),
    onStatus: checkpoints.note,
    onGone: checkpoints.forget,
    onMirror: (change) => mirrors.changed(change),
  })
  const { events } = options
  const shutdown = createNodeShutdown({
    periods: settings.shutdown,
    pods,
    statuses: () => statuses,
    events,
    platform,
    nodeName,
    onChange: () => node.poke(),
  })
  const { problems } = shutdown
  const [view, node] = await Promise.all([
    followRuntime({ runtime, counters, timings, platform, signal, onChange: pods.poke }),
    startNode(options, {
      machine,
      pressure,
      settings,
      offer: devicePlugins.offer,
      isNew: devicePlugins.isNew,
      problems,
      volumesInUse: () => running?.volumes.inUse(),
      signal,
    }),
  ])
  reporting = node
  const mirrors = createMirrorPods({
    client,
    platform,
    node: () => node.own.get(),
    statuses: createStatusWriter({ client, timings, platform, signal }),
    signal,
  })
  const { statuses } = mirrors
  const shared = {
    options,
    settings,
    machine,
    devicePlugins,
    allocations,
    counters,
    timings,
    swap,
    node,
    view,
    statuses,
    nodeAllocatable,
    signal,
  }
  running = createEnvironment({ ...shared, onChange: pods.poke })
  environment = workerEnvironment(running)
  const scope = { fieldSelector: `spec.nodeName=${nodeName}` }
  const informer = startInformer(client, Pod, { platform, signal, scope })
  const noted = checkpoints.load()
  const statics = runStaticPods({ ...options, settings, pods, noted, signal })
  const adopted = adoptPods({ informer, noted, statics, pods, view, platform, signal })
  const { policy, reconcileEveryMs: everyMs } = settings.placement.cpu
  if (policy === "static") cpusets = keepCpusets({ ...running, ...allocations, pods, everyMs, signal })
  void adopted.then(() => {
    // An agent that was ended earlier does not know its pods: what they have is for the next one to look after.
    if (signal.aborted) return
    devicePlugins.keepOnly(pods.uids())
    allocations.keepOnly(pods.uids())
  })
  const images = createImageCollector({ ...running, nodeName, settings: settings.images })
  const collecting = collectGarbage({ environment: running, pods, images, logs: settings.logs, adopted, signal })
  const evicting = evictPods({
    environment: running,
    pods,
    pressure,
    images,
    dedicatedImageFs: !shareDisk(dataDir, imagesDir),
    nodeName,
    podGraceMaxMs: settings.eviction.podGraceMaxMs,
    onChange: node.poke,
    adopted,
    signal,
  })
  const { devices: claims } = running
  const told = { pods, plugins: devicePlugins, claims, allocations, counters }
  servePodResources(told, { dataDir, platform, signal }).catch((error: unknown) =>
    platform.log.error("the devices of pods are not told", { error }),
  )
  return {
    ready: Promise.all([node.registered, adopted]).then(() => undefined),
    access: createPodAccess(pods, view),
    volumes: running.volumes,
    probeResults: running.prober.counts,
    metrics: () => [...counters.metrics(), ...allocations.metrics()],
    runtime,
    configuration: () => kubeletConfiguration(options, settings),
    pods: () => pods.list(),
    shutDown: shutdown.begin,
    goOn: shutdown.cancel,
    async stop() {
      stopped.abort()
      running.volumes.close()
      await Promise.all([node.ended, collecting, evicting])
    },
  }
}
