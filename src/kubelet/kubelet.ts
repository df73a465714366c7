import { existsSync, mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Pod } from "../api/core/v1/pod.ts"
import { RuntimeClass } from "../api/node/v1/runtime-class.ts"
import { startInformer } from "../client/informer.ts"
import { isConflict, isNotFound } from "../machinery/status/predicates.ts"
import type { DnsConfig, RuntimeStatus } from "../runtime/runtime.ts"
import { createPodAccess } from "./access.ts"
import { createCheckpoints } from "./checkpoints.ts"
import { parseResolvConf } from "./config/dns.ts"
import type { Environment } from "./environment.ts"
import { keepLease } from "./node/lease.ts"
import { goArchitecture, readDisk, readLoad, readMachine } from "./node/machine.ts"
import { allocatable, defaultThresholds, nodeStatus } from "./node/node-status.ts"
import { reportNode } from "./node/registration.ts"
import { createObjects } from "./objects.ts"
import type { Kubelet, KubeletOptions } from "./options.ts"
import { createPods } from "./pods.ts"
import { createProber } from "./probe/prober.ts"
import { followRuntime } from "./runtime-view.ts"
import { createServiceEnv } from "./service-env.ts"
import { createStatusWriter } from "./status/status-writer.ts"
import { timeOfMs } from "./status/times.ts"
import { createVolumes } from "./volumes/create-volumes.ts"

export type { Kubelet, KubeletOptions } from "./options.ts"

/** As the kubelet's default. */
const podsMaxDefault = 110
/** How long pods wait for the API server before an agent that came back runs them from its own notes. */
const serverWaitMs = 3000

/**
 * Runs the pods that are bound to a node. What runs already is adopted and left alone. Resolves once the runtime has
 * been read; `ready` says when the node is registered.
 */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { client, dataDir, events, images, nodeIp, nodeName, platform, runtime } = options
  const stopped = new AbortController()
  const signal = AbortSignal.any([options.signal, stopped.signal])
  for (const folder of [join(dataDir, "pods"), options.logDir]) mkdirSync(folder, { recursive: true, mode: 0o750 })
  const machine = readMachine()
  const thresholds = options.thresholds ?? defaultThresholds
  const podsMax = options.podsMax ?? podsMaxDefault
  const nodeAllocatable = () => allocatable({ machine, disk: readDisk(dataDir), thresholds, podsMax })
  const statuses = createStatusWriter({ client, platform, signal })
  const checkpoints = createCheckpoints({ dataDir, platform })
  const pods = createPods({
    environment: () => environment,
    signal,
    admit: () => undefined,
    onStatus: (pod) => checkpoints.note(pod),
    onGone: (uid) => checkpoints.forget(uid),
  })
  const [view, runtimeVersion] = await Promise.all([
    followRuntime({ runtime, platform, signal, onChange: pods.poke }),
    runtime.version(),
  ])
  let runtimeStatus: RuntimeStatus | undefined
  const objects = createObjects(client)
  const environment: Environment = {
    platform,
    runtime,
    view,
    images,
    events,
    objects,
    statuses,
    volumes: createVolumes({ platform, dataDir, nodeName, objects, nodeAllocatable, events }),
    cgroups: options.cgroups,
    prober: createProber({ platform, runtime, events, onChange: pods.poke, signal }),
    serviceEnv: createServiceEnv({ services: options.services, platform, dataDir }),
    runtimeHandler: async (name) => (name === "" ? "" : (await client.of(RuntimeClass).get({ name })).handler),
    recursiveReadOnlyMounts: () => runtimeStatus?.handlers[0]?.features.recursiveReadOnlyMounts ?? false,
    nodeAllocatable,
    memoryCapacity: machine.memoryBytes,
    nodeIp,
    dataDir,
    logDir: options.logDir,
    clusterDns: options.clusterDns,
    nodeDns: options.nodeDns ?? readNodeDns,
    async credentials({ metadata, spec }, image) {
      const names = (spec.imagePullSecrets ?? []).flatMap(({ name }) => (name ? [name] : []))
      const found = await Promise.allSettled(names.map((name) => objects.getSecret(metadata.namespace, name)))
      const secrets = found.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []))
      return options.credentialsFor(image, secrets)
    },
    async confirmDeletion({ metadata: { name, namespace, uid } }) {
      try {
        await client.of(Pod).delete({ namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error
      }
    },
  }
  const reporter = reportNode({
    client,
    platform,
    nodeName,
    labels: {
      "kubernetes.io/arch": goArchitecture(),
      "kubernetes.io/hostname": options.hostname,
      "kubernetes.io/os": "linux",
      "beta.kubernetes.io/arch": goArchitecture(),
      "beta.kubernetes.io/os": "linux",
      ...options.labels,
    },
    taints: options.taints ?? [],
    signal,
    async status(before) {
      runtimeStatus = await runtime.status()
      const facts = {
        machine,
        disk: readDisk(dataDir),
        load: readLoad(),
        thresholds,
        podsMax,
        nodeIp,
        hostname: options.hostname,
        serverPort: options.serverPort,
        kubeletVersion: options.kubeletVersion,
        runtime: runtimeStatus,
        runtimeVersion,
        images: await images.list(),
        problems: [],
        now: timeOfMs(platform.clock.nowMs()),
      }
      return nodeStatus(facts, before)
    },
  })
  const lease = keepLease({ client, platform, nodeName, nodeUid: reporter.uid, signal })
  const informer = startInformer(client, Pod, {
    platform,
    signal,
    scope: { fieldSelector: `spec.nodeName=${nodeName}` },
  })
  const adopted = adopt()
  return {
    ready: Promise.all([reporter.registered, adopted]).then(() => undefined),
    access: createPodAccess(pods, view),
    pods: () => pods.list(),
    async stop() {
      stopped.abort()
      environment.volumes.close()
      await lease
    },
  }

  /** Workers begin once the API server has said which pods there are, or has kept silent for long enough. */
  async function adopt(): Promise<void> {
    const late = platform.clock.sleep(serverWaitMs, signal).then(
      () => "late",
      () => "stopped",
    )
    const first = await Promise.race([informer.synced.then(() => "synced"), late])
    const noted = checkpoints.load()
    if (first === "late") for (const pod of noted) pods.apply(pod)
    informer.onChange((change) => pods.onChange(change))
    await informer.synced
    const live = new Set(informer.list().map(({ metadata }) => metadata.uid))
    for (const pod of noted) {
      if (live.has(pod.metadata.uid)) continue
      // Deleted while nobody looked: it is ended as its notes say.
      if (!pods.has(pod.metadata.uid)) pods.apply(pod)
      pods.remove(pod.metadata.uid)
    }
  }
}

function readNodeDns(): DnsConfig {
  const path = "/etc/resolv.conf"
  return existsSync(path) ? parseResolvConf(readFileSync(path, "utf8")) : { servers: [], searches: [], options: [] }
}
