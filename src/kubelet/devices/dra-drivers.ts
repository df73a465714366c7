import type { Client } from "../../client/client.ts"
import type { GrpcChannel } from "../../machinery/grpc/client.ts"
import { hasGrpcCode } from "../../machinery/grpc/code.ts"
import type { ClientOf } from "../../machinery/grpc/service.ts"
import type { Timer } from "../../platform/clock.ts"
import { onFirstCall, onFirstUse } from "../../platform/on-first-use.ts"
import type { Platform } from "../../platform/platform.ts"
import { driverPaths } from "../csi/driver-paths.ts"
import type { PluginHandler, PluginRegistration } from "../plugins/plugin-handler.ts"
import type { DeviceHealth } from "./device-health.ts"
import type { DRA_SERVICES, DraVersion } from "./dra-service.ts"

const { openChannel } = onFirstCall<typeof import("../../machinery/grpc/client.ts")>(
  "../../machinery/grpc/client.ts",
  import.meta.url,
)
const slices = onFirstUse<typeof import("../../api/resource/v1/resource-slice.ts")>(
  "../../api/resource/v1/resource-slice.ts",
  import.meta.url,
)
const services = onFirstUse<typeof import("./dra-service.ts")>("./dra-service.ts", import.meta.url)

/** How drivers name what they serve; the better one first. */
const SERVICES: readonly (readonly [name: string, version: DraVersion])[] = [
  ["v1.DRAPlugin", "v1"],
  ["v1beta1.DRAPlugin", "v1beta1"],
]
/** A driver that has ended to tell of its devices' health is asked again after this, as in Kubernetes. */
const WATCH_AGAIN_MS = 5000
/** A driver that is gone for so long is not being updated: its devices are no longer on offer. */
const WIPE_AFTER_MS = 30_000

export type DraClient = ClientOf<(typeof DRA_SERVICES)["v1"]>

export interface DraDrivers {
  /** Throws when no such driver is registered. */
  get(name: string): DraClient
  readonly handler: PluginHandler
  close(): void
}

interface Registered {
  readonly endpoint: string
  readonly channel: GrpcChannel
  readonly client: DraClient
  readonly ended: AbortController
}

/** The drivers of dynamic resources that are registered on a node. */
export function createDraDrivers(options: {
  readonly client: Client
  readonly nodeName: string
  /** The kubelet's. */
  readonly dataDir: string
  readonly platform: Pick<Platform, "clock" | "log">
  readonly health: Pick<DeviceHealth, "forget" | "report">
}): DraDrivers {
  const { client, dataDir, health, nodeName, platform } = options
  /** While a driver is updated both instances are there: the last that came is asked, and the other when that is gone. */
  const drivers = new Map<string, readonly Registered[]>()
  const wipes = new Map<string, Timer>()
  const end = ({ channel, ended }: Registered): void => {
    ended.abort()
    channel.close()
  }
  const watchHealth = async (name: string, channel: GrpcChannel, signal: AbortSignal): Promise<void> => {
    const watcher = channel.client(services().ResourceHealthService)
    while (!signal.aborted) {
      try {
        for await (const { devices = [] } of watcher.NodeWatchResources({}, { signal })) health.report(name, devices)
      } catch (error) {
        if (hasGrpcCode(error, "Unimplemented")) return
        if (!signal.aborted)
          platform.log.warn("a driver no longer tells of its devices' health", { driver: name, error })
      }
      // What one instance said counts until the other says something.
      if (!signal.aborted) health.forget(name)
      await platform.clock.sleep(WATCH_AGAIN_MS, signal).catch(() => undefined)
    }
  }
  const remove = (name: string, endpoint: string): void => {
    const instances = drivers.get(name) ?? []
    const gone = instances.find((each) => each.endpoint === endpoint)
    if (gone === undefined) return
    end(gone)
    const left = instances.filter((each) => each !== gone)
    drivers.set(name, left)
    if (left.length > 0) return
    drivers.delete(name)
    health.forget(name)
    wipes.get(name)?.cancel()
    wipes.set(
      name,
      platform.clock.after(WIPE_AFTER_MS, () => {
        wipes.delete(name)
        const fieldSelector = `spec.nodeName=${nodeName},spec.driver=${name}`
        client
          .of(slices().ResourceSlice)
          .deleteCollection({ fieldSelector })
          .catch((error: unknown) =>
            platform.log.warn("devices of a driver that is gone stay on offer", { name, error }),
          )
      }),
    )
  }
  const handler: PluginHandler = {
    type: "DRAPlugin",
    validate: (plugin) => void chosenVersion(plugin),
    async register(plugin) {
      const { name, endpoint } = plugin
      const version = chosenVersion(plugin)
      wipes.get(name)?.cancel()
      wipes.delete(name)
      const instances = drivers.get(name) ?? []
      for (const each of instances) if (each.endpoint === endpoint) end(each)
      const ended = new AbortController()
      const channel = openChannel(driverPaths(dataDir, endpoint).socketPath, platform.clock)
      // Both versions have the same calls.
      const client = channel.client(services().DRA_SERVICES[version] as (typeof DRA_SERVICES)["v1"])
      const others = instances.filter((each) => each.endpoint !== endpoint)
      drivers.set(name, [...others, { endpoint, channel, ended, client }])
      void watchHealth(name, channel, ended.signal)
    },
    deregister: async ({ name, endpoint }) => remove(name, endpoint),
  }
  return {
    get(name) {
      const driver = drivers.get(name)?.at(-1)
      if (driver === undefined) throw new Error(`DRA driver ${name} is not registered`)
      return driver.client
    },
    handler,
    close() {
      for (const timer of wipes.values()) timer.cancel()
      for (const instance of [...drivers.values()].flat()) end(instance)
      wipes.clear()
      drivers.clear()
    },
  }
}

function chosenVersion({ name, endpoint, versions }: PluginRegistration): DraVersion {
  const found = SERVICES.find(([service]) => versions.includes(service))
  if (found !== undefined) return found[1]
  const listed = (all: readonly string[]) => `[${all.map((one) => JSON.stringify(one)).join(" ")}]`
  const why =
    versions.length === 0
      ? "empty list of supported gRPC services (aka supported versions)"
      : `none of services supported by the plugin (${listed(versions)}) are supported by the kubelet (${listed(SERVICES.map(([service]) => service))})`
  throw new Error(`invalid supported gRPC versions of DRA driver plugin ${name} at endpoint ${endpoint}: ${why}`)
}
