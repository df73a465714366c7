import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { serveGrpc } from "../../machinery/grpc/server.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { Platform } from "../../platform/platform.ts"
import type { Timings } from "../timings.ts"
import { AllocationError, anywhere } from "../topology/hint-provider.ts"
import { createAllocations } from "./allocations.ts"
import { CHECKPOINT, readCheckpoint, writeCheckpoint } from "./checkpoint.ts"
import { createConnections } from "./connections.ts"
import { type ContainerGrants, grantsOf } from "./container-grants.ts"
import type { DevicePlugins } from "./device-plugins.ts"
import { createHandOut } from "./hand-out.ts"
import { createPluginResources } from "./plugin-resources.ts"

/** As with Kubernetes' kubelet. */
const PRE_START_TIMEOUT_MS = 30_000

export interface DevicePluginsOptions {
  /** The kubelet's: plugins find `device-plugins/kubelet.sock` in it. */
  readonly dataDir: string
  readonly platform: Pick<Platform, "clock" | "log">
  /** Of the machine. */
  readonly numaNodes: readonly number[]
  /** Absent: nobody asks how long plugins take. */
  readonly timings?: Pick<Timings, "time">
  readonly onRegister: (resource: string) => void
  /** What the node offers is something else now. */
  readonly onChange: () => void
  /** Devices of a pod became healthy or unhealthy. */
  readonly onHealth: (podUid: string) => void
  readonly signal: AbortSignal
}

/** Serves plugins until `signal` aborts. Sockets of plugins that registered with an earlier agent go, so that they register again. */
export function createDevicePlugins(options: DevicePluginsOptions): DevicePlugins {
  const { dataDir, platform, signal } = options
  const { clock, log } = platform
  const folder = join(dataDir, "device-plugins")
  const path = join(folder, CHECKPOINT)
  mkdirSync(folder, { recursive: true, mode: 0o750 })
  const isNew = !existsSync(path)
  const noted = readCheckpoint(path, log)
  const resources = createPluginResources(clock, Object.keys(noted?.RegisteredDevices ?? {}))
  const allocations = createAllocations(noted?.PodDeviceEntries ?? [])
  const save = () => {
    const entries = allocations.entries()
    writeCheckpoint(path, {
      PodDeviceEntries: entries.length > 0 ? entries : null,
      RegisteredDevices: Object.fromEntries(resources.names().map((name) => [name, [...resources.healthy(name)]])),
    })
  }
  const trySave = () => {
    try {
      save()
    } catch (error) {
      log.warn("the devices of pods were not noted", { error })
    }
  }
  const time = <T>(resource: string, work: () => Promise<T>): Promise<T> =>
    options.timings?.time("kubelet_device_plugin_alloc_duration_seconds", { resource_name: resource }, work) ?? work()
  const handOut = createHandOut({ allocations, resources, numaNodes: options.numaNodes, save, time })
  const connections = createConnections({
    dataDir,
    folder,
    resources,
    platform,
    onRegister: options.onRegister,
    onList(resource, devices) {
      const changed = resources.list(resource, devices)
      for (const uid of allocations.usersOf(resource, changed)) options.onHealth(uid)
      trySave()
      options.onChange()
    },
    onGone: options.onChange,
  })
  serve().catch((error: unknown) => log.error("device plugins cannot register", { folder, error }))
  signal.addEventListener("abort", connections.close, { once: true })

  async function serve(): Promise<void> {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isSocket()) rmSync(join(folder, entry.name), { force: true })
    }
    const server = await serveGrpc({ socketPath: join(folder, "kubelet.sock") }, () => [connections.registration])
    if (signal.aborted) server.close()
    else signal.addEventListener("abort", server.close, { once: true })
  }

  async function grants(pod: Pod, container: Container): Promise<ContainerGrants> {
    const { uid } = pod.metadata
    const given = () => allocations.of(uid, container.name)
    const requested = handOut.requested(pod, container)
    for (const resource of requested.keys()) {
      if (resources.options(resource)?.preStartRequired !== true) continue
      const devices = given().get(resource)?.ids
      if (devices === undefined) {
        const which = `pod ${uid}, container ${container.name}, resource ${resource}`
        throw new Error(`no devices found allocated in local cache for ${which}`)
      }
      try {
        await resources
          .endpoint(resource)
          .plugin.PreStartContainer({ devicesIds: [...devices] }, { timeoutMs: PRE_START_TIMEOUT_MS })
      } catch (error) {
        throw new Error(`device plugin PreStartContainer rpc failed with err: ${messageOf(error)}`, { cause: error })
      }
    }
    // What an earlier agent was about to give is given now.
    if ([...requested.keys()].some((resource) => given().get(resource)?.response === undefined)) {
      handOut.allocate(pod, container, anywhere)
      await handOut.confirm(pod)
    }
    return grantsOf(given().values())
  }

  return {
    provider: handOut,
    handler: connections.handler,
    isNew,
    grants,
    keepOnly(alive) {
      for (const uid of allocations.uids()) if (!alive.has(uid)) allocations.release(uid)
    },
    offer() {
      const offer = resources.offer()
      if (offer.gone) trySave()
      return offer
    },
    confirm(pod) {
      if (!handOut.isPending(pod)) return undefined
      return handOut.confirm(pod).catch((error: unknown) => {
        throw new AllocationError(messageOf(error))
      })
    },
    raise(pod, allocatable) {
      if (!allocations.uids().includes(pod.metadata.uid)) return allocatable
      const raised = new Map(Object.entries(allocatable))
      for (const [resource, amount] of allocations.amounts()) {
        if (Number(raised.get(resource) ?? -1) < amount) raised.set(resource, String(amount))
      }
      return Object.fromEntries(raised)
    },
    health(podUid, container) {
      return [...allocations.of(podUid, container)].map(([resource, { ids }]) => {
        const devices = resources.devices(resource)
        const healthOf = (id: string) => (devices.get(id)?.isHealthy === false ? "Unhealthy" : "Healthy")
        return { name: resource, resources: [...ids].map((id) => ({ resourceID: id, health: healthOf(id) })) }
      })
    },
    given(podUid, container) {
      return new Map(
        [...allocations.of(podUid, container)].map(([resource, { byNode, ids }]) => {
          const nodesOf = (id: string) =>
            Object.keys(byNode).flatMap((node) => (node !== "-1" && byNode[node]?.includes(id) ? [Number(node)] : []))
          return [resource, new Map([...ids].map((id) => [id, nodesOf(id)]))]
        }),
      )
    },
    allocatable: () =>
      new Map(
        resources.names().map((name) => {
          const healthy = resources.healthy(name)
          return [name, new Map([...resources.devices(name)].filter(([id]) => healthy.has(id)))]
        }),
      ),
  }
}
