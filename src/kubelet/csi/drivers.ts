import type { GrpcChannel } from "../../machinery/grpc/client.ts"
import type { ClientOf } from "../../machinery/grpc/service.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { Clock } from "../../platform/clock.ts"
import { onFirstCall } from "../../platform/on-first-use.ts"
import type { PluginHandler, PluginRegistration } from "../plugins/plugin-handler.ts"
import type { CsiNodeObject } from "./csi-node-object.ts"
import { type DriverPaths, driverPaths } from "./driver-paths.ts"
import { NODE_CAPABILITY, type NodeCapability, NodeService } from "./node-service.ts"
import { compareVersions, highestSupported } from "./versions.ts"

const { openChannel } = onFirstCall<typeof import("../../machinery/grpc/client.ts")>(
  "../../machinery/grpc/client.ts",
  import.meta.url,
)

/** As Kubernetes has it for every call to a driver. */
export const CSI_TIMEOUT_MS = 120_000

/** A CSI driver that is registered on the node. */
export interface Driver extends DriverPaths {
  readonly name: string
  readonly node: ClientOf<typeof NodeService>
  can(capability: NodeCapability): Promise<boolean>
}

export interface Drivers {
  /** Undefined while no such driver is registered. */
  get(name: string): Driver | undefined
  readonly handler: PluginHandler
  /** Asks a driver anew about the node, and writes down what it says. Does nothing when it is not registered. */
  update(name: string): Promise<void>
  close(): void
}

interface Registered extends Driver {
  readonly version: readonly number[]
  readonly channel: GrpcChannel
}

/** The CSI drivers of a node: who is registered, and how they are called. */
export function createDrivers(options: {
  readonly dataDir: string
  readonly csiNode: CsiNodeObject
  readonly clock: Pick<Clock, "nowMs">
}): Drivers {
  const { clock, csiNode, dataDir } = options
  const drivers = new Map<string, Registered>()

  const versionOf = ({ name, versions }: PluginRegistration, caller: string): readonly number[] => {
    const subject = `kubernetes.io/csi: ${caller} for CSI driver ${JSON.stringify(name)} failed.`
    if (versions.length === 0) throw new Error(`${subject} Plugin returned an empty list for supported versions`)
    const highest = highestSupported(versions)
    if (highest === undefined) {
      const list = versions.map((version) => JSON.stringify(version)).join(" ")
      throw new Error(
        `${subject} None of the versions specified [${list}] are supported. err=none of the versions are supported`,
      )
    }
    const present = drivers.get(name)
    if (present !== undefined && compareVersions(present.version, highest) >= 0) {
      throw new Error(
        `${subject} Another driver with the same name is already registered with a higher supported version: "${present.version.join(".")}"`,
      )
    }
    return highest
  }

  const install = async ({ name, node }: Registered): Promise<void> => {
    const info = await node.NodeGetInfo({}, { timeoutMs: CSI_TIMEOUT_MS })
    const { accessibleTopology, maxVolumesPerNode = 0, nodeId = "" } = info
    const topology = new Map(Object.entries(accessibleTopology?.segments ?? {}))
    await csiNode.install({ name, nodeId, volumesMax: Number(maxVolumesPerNode), topology })
  }

  const remove = (name: string): void => {
    drivers.get(name)?.channel.close()
    drivers.delete(name)
  }

  const handler: PluginHandler = {
    type: "CSIPlugin",
    validate(plugin) {
      try {
        versionOf(plugin, "ValidatePlugin")
      } catch (error) {
        throw new Error(
          `validation failed for CSI Driver ${plugin.name} at endpoint ${plugin.endpoint}: ${messageOf(error)}`,
          { cause: error },
        )
      }
    },
    async register(plugin) {
      const version = versionOf(plugin, "RegisterPlugin")
      const { endpoint, name } = plugin
      const paths = driverPaths(dataDir, endpoint)
      const channel = openChannel(paths.socketPath, clock)
      const node = channel.client(NodeService)
      const driver: Registered = {
        name,
        version,
        channel,
        node,
        can: capabilitiesOf(node),
        ...paths,
      }
      remove(name)
      drivers.set(name, driver)
      try {
        await install(driver)
      } catch (error) {
        remove(name)
        await csiNode.uninstall(name)
        throw error
      }
    },
    async deregister({ name }) {
      remove(name)
      await csiNode.uninstall(name)
    },
  }
  return {
    get: (name) => drivers.get(name),
    handler,
    async update(name) {
      const driver = drivers.get(name)
      if (driver !== undefined) await install(driver)
    },
    close: () => {
      for (const { channel } of drivers.values()) channel.close()
    },
  }
}

/** What the driver can do does not change while it runs, so it is asked once. */
function capabilitiesOf(node: Driver["node"]): Driver["can"] {
  let known: Promise<ReadonlySet<number>> | undefined
  const ask = async () => {
    const { capabilities = [] } = await node.NodeGetCapabilities({}, { timeoutMs: CSI_TIMEOUT_MS })
    return new Set(capabilities.map(({ rpc }) => rpc?.type ?? 0))
  }
  return async (capability) => {
    known ??= ask().catch((error: unknown) => {
      known = undefined
      throw error
    })
    return (await known).has(NODE_CAPABILITY[capability])
  }
}
