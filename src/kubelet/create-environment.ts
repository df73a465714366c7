import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { RuntimeClass } from "../api/node/v1/runtime-class.ts"
import { parseResolvConf } from "../machinery/net/resolv-conf.ts"
import type { DnsConfig } from "../runtime/runtime.ts"
import type { Counters } from "./counters.ts"
import { createCsi } from "./csi/create-csi.ts"
import type { DevicePlugins } from "./device-plugins/device-plugins.ts"
import { createDeviceHealth } from "./devices/device-health.ts"
import { createDraDrivers } from "./devices/dra-drivers.ts"
import { createPodDevices } from "./devices/pod-devices.ts"
import { openPreparedClaims } from "./devices/prepared-claims.ts"
import type { ResourceList } from "./downward.ts"
import type { Environment } from "./environment.ts"
import { createPullCredentials } from "./image/pull-credentials.ts"
import { createPullGate } from "./image/pull-gate.ts"
import { createPullRecords } from "./image/pull-records.ts"
import type { Machine } from "./node/machine.ts"
import type { RunningNode } from "./node/start-node.ts"
import { createObjectNotes, noNotes } from "./objects/object-notes.ts"
import { createObjects } from "./objects/objects.ts"
import type { ObjectKind } from "./objects/references.ts"
import type { KubeletOptions } from "./options.ts"
import { watchPlugins } from "./plugins/watch-plugins.ts"
import { confirmDeletion } from "./pod/confirm-deletion.ts"
import { createProber } from "./probe/prober.ts"
import { containerResources } from "./resources/cgroup-values.ts"
import { type Swap, swapResources } from "./resources/swap.ts"
import type { RuntimeView } from "./runtime-view.ts"
import { createServiceEnv } from "./service-env.ts"
import type { KubeletSettings } from "./settings/settings.ts"
import type { StatusWriter } from "./status/status-writer.ts"
import type { Timings } from "./timings.ts"
import type { Allocations } from "./topology/allocations.ts"
import { BLOCK, createIdBlocks, type IdRange } from "./user-namespaces/id-blocks.ts"
import { createVolumes } from "./volumes/create-volumes.ts"

/** Puts together what the pod workers of a node share. */
export function createEnvironment(parts: {
  readonly options: KubeletOptions
  readonly machine: Machine
  readonly devicePlugins: DevicePlugins
  readonly node: RunningNode
  readonly view: RuntimeView
  readonly statuses: StatusWriter
  readonly settings: KubeletSettings
  readonly counters: Counters
  readonly timings: Timings
  readonly allocations: Allocations
  readonly swap: Swap
  readonly nodeAllocatable: () => ResourceList
  /** Probes of a pod came to another result. */
  readonly onChange: (podUid: string) => void
  readonly signal: AbortSignal
}): Environment {
  const {
    allocations,
    devicePlugins,
    machine,
    node,
    nodeAllocatable,
    onChange,
    options,
    settings,
    signal,
    swap,
    view,
  } = parts
  const { client, dataDir, events, images, nodeName, platform, runtime } = options
  const notes = options.runDir === undefined ? noNotes : createObjectNotes(join(options.runDir, "objects"))
  const objects = createObjects({ client, platform, signal, notes, onChange: objectChanged })
  const { registered } = node
  const { requestToken } = objects
  const csi = createCsi({ client, platform, events, nodeName, dataDir, requestToken, registered, signal })
  const volumes = createVolumes({
    platform,
    dataDir,
    logDir: options.logDir,
    nodeName,
    objects,
    nodeAllocatable,
    secretsInMemory: options.secretsInMemory ?? false,
    events,
    timings: parts.timings,
    nodeLabels: () => node.own.get()?.metadata.labels ?? node.labels,
    onUseChange: node.poke,
    plugins: [csi.volumes],
  })
  const health = createDeviceHealth(platform, join(dataDir, "dra_health_state"), (driver) =>
    devices.usersOf(driver).forEach(onChange),
  )
  const draDrivers = createDraDrivers({ client, nodeName, dataDir, platform, health })
  const devices = createPodDevices({
    client,
    health,
    drivers: draDrivers,
    claims: openPreparedClaims(join(dataDir, "dra_manager_state.json"), platform),
  })
  const closeDevices = () => {
    draDrivers.close()
    health.close()
  }
  signal.addEventListener("abort", closeDevices, { once: true })
  const handlers = [csi.drivers, draDrivers.handler, devicePlugins.handler]
  watchPlugins({ folder: join(dataDir, "plugins_registry"), handlers, platform, signal }).catch((error: unknown) =>
    platform.log.error("plugins are not looked for", { error }),
  )
  function objectChanged(kind: ObjectKind, namespace: string, name: string): void {
    volumes.objectChanged(kind, namespace, name).catch((error: unknown) => {
      platform.log.warn("volumes were not brought up to date", { kind, namespace, name, error })
    })
  }
  return {
    platform,
    runtime,
    view,
    images,
    events,
    objects,
    statuses: parts.statuses,
    volumes,
    devices,
    deviceHealth: (pod, container) => [
      ...devicePlugins.health(pod.metadata.uid, container.name),
      ...devices.health(pod, container),
    ],
    devicePlugins,
    cgroups: options.cgroups,
    prober: createProber({ platform, runtime, events, onChange, signal }),
    counters: parts.counters,
    timings: parts.timings,
    pullRecords: createPullRecords(options.pullRecordsDir ?? join(dataDir, "image_manager")),
    serviceEnv: createServiceEnv({ services: options.services, platform, dataDir }),
    runtimeHandler: async (name) => (name === "" ? "" : (await client.of(RuntimeClass).get({ name })).handler),
    recursiveReadOnlyMounts: () => node.runtimeStatus()?.handlers[0]?.features.recursiveReadOnlyMounts ?? false,
    userNamespaces: () => node.runtimeStatus()?.handlers[0]?.features.userNamespaces ?? false,
    idBlocks: createIdBlocks(options.podIds ?? idsOf(settings.podsMax), join(dataDir, "pods")),
    nodeAllocatable,
    allocations,
    resourcesOf(pod, container) {
      const pageSizes = [...machine.hugepages.keys()]
      const cpuQuota = settings.cpuQuota && !allocations.hasOwnCpus(pod, container)
      const resources = containerResources(pod, container, machine.memoryBytes, { cpuQuota, pageSizes })
      return {
        ...resources,
        ...swapResources(pod, container, resources.memoryLimitBytes, swap),
        ...allocations.placement(pod.metadata.uid, container.name),
      }
    },
    settings,
    pullGate: createPullGate(settings.pulls, platform),
    nodeIps: options.nodeIps,
    runtimeName: node.runtimeName,
    dataDir,
    logDir: options.logDir,
    clusterDns: {
      servers: settings.clusterDns ?? options.clusterDns.servers,
      domain: settings.clusterDomain ?? options.clusterDns.domain,
    },
    nodeDns: options.nodeDns ?? (() => readNodeDns(settings.resolvConf)),
    credentials: createPullCredentials({ ...options, objects }),
    confirmDeletion: (pod) => confirmDeletion(client, pod),
  }
}

/** As many blocks as pods, above the ids of the machine's own users. */
const idsOf = (podsMax: number): IdRange => ({ first: BLOCK, count: podsMax })

/** `path`: where somebody said that they stand; empty: there are none for pods. */
function readNodeDns(path?: string): DnsConfig {
  const read = (path: string) =>
    existsSync(path) ? parseResolvConf(readFileSync(path, "utf8")) : { servers: [], searches: [], options: [] }
  if (path === "") return { servers: [], searches: [], options: [] }
  if (path !== undefined) return read(path)
  const config = read("/etc/resolv.conf")
  if (config.servers.some((server) => !server.startsWith("127."))) return config
  // Pods cannot reach the node's loopback addresses; systemd-resolved tells the servers behind its own.
  const behind = read("/run/systemd/resolve/resolv.conf")
  return behind.servers.length > 0 ? behind : config
}
