import { join } from "node:path"
import { isExtended } from "../../api/core/v1/validation/resources.ts"
import type { GrpcChannel } from "../../machinery/grpc/client.ts"
import { hasGrpcCode } from "../../machinery/grpc/code.ts"
import { type Implementation, implement } from "../../machinery/grpc/server.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { onFirstCall } from "../../platform/on-first-use.ts"
import type { Platform } from "../../platform/platform.ts"
import { driverPaths } from "../csi/driver-paths.ts"
import type { PluginHandler } from "../plugins/plugin-handler.ts"
import type { Endpoint, PluginResources } from "./plugin-resources.ts"
import { DevicePlugin, Registration, type ReportedDevice, VERSION } from "./service.ts"

const { openChannel } = onFirstCall<typeof import("../../machinery/grpc/client.ts")>(
  "../../machinery/grpc/client.ts",
  import.meta.url,
)

/** A plugin that has registered must answer by then, as with Kubernetes' kubelet. */
const DIAL_MAX_MS = 10_000
const DIAL_AGAIN_MS = 100

export interface Connections {
  /** For plugins that come to the kubelet's socket. */
  readonly registration: Implementation
  /** For plugins whose sockets the kubelet finds. */
  readonly handler: PluginHandler
  close(): void
}

/** Connects to the plugins that register, and follows the devices that they list. */
export function createConnections(parts: {
  readonly dataDir: string
  /** Of the kubelet's socket and the plugins'. */
  readonly folder: string
  readonly resources: PluginResources
  readonly platform: Pick<Platform, "clock" | "log">
  readonly onRegister: (resource: string) => void
  /** A plugin has said what there is, or is gone. */
  readonly onList: (resource: string, devices: readonly ReportedDevice[]) => void
  readonly onGone: () => void
}): Connections {
  const { folder, platform, resources } = parts
  const log = platform.log.with({ component: "device-plugins" })
  const open = new Map<string, Connection>()
  let isClosed = false

  const close = ({ channel, ended }: Connection): void => {
    ended.abort()
    channel.close()
  }
  const disconnect = (resource: string, { endpoint }: Pick<Connection, "endpoint">): void => {
    const connection = open.get(resource)
    // Another plugin may have taken over.
    if (connection?.endpoint !== endpoint) return
    open.delete(resource)
    close(connection)
    resources.disconnect(resource, endpoint)
    parts.onGone()
  }

  async function connect(resource: string, socketPath: string): Promise<void> {
    const channel = openChannel(socketPath, platform.clock)
    const plugin = channel.client(DevicePlugin)
    let endpoint: Endpoint
    try {
      endpoint = { plugin, options: await optionsOf(plugin) }
      if (isClosed) throw new Error("the kubelet has ended")
    } catch (error) {
      channel.close()
      throw error
    }
    const before = open.get(resource)
    const ended = new AbortController()
    open.set(resource, { endpoint, channel, ended })
    resources.connect(resource, endpoint)
    if (before !== undefined) close(before)
    void follow(resource, endpoint, ended.signal)
  }

  async function optionsOf(plugin: Endpoint["plugin"]): Promise<Endpoint["options"]> {
    const untilMs = platform.clock.monotonicMs() + DIAL_MAX_MS
    for (;;) {
      try {
        return await plugin.GetDevicePluginOptions({}, { timeoutMs: DIAL_MAX_MS })
      } catch (error) {
        const isLate = platform.clock.monotonicMs() >= untilMs
        // A plugin may register before it listens.
        if (!hasGrpcCode(error, "Unavailable") || isLate) {
          throw new Error(`failed to get device plugin options: ${messageOf(error)}`, { cause: error })
        }
        await platform.clock.sleep(DIAL_AGAIN_MS)
      }
    }
  }

  async function follow(resource: string, endpoint: Endpoint, signal: AbortSignal): Promise<void> {
    try {
      for await (const { devices = [] } of endpoint.plugin.ListAndWatch({}, { signal })) parts.onList(resource, devices)
      log.warn("a device plugin lists its devices no more", { resource })
    } catch (error) {
      if (!signal.aborted) log.warn("a device plugin is gone", { resource, error })
    }
    disconnect(resource, { endpoint })
  }

  return {
    registration: implement(Registration, {
      async Register({ endpoint = "", resourceName = "", version = "" }) {
        log.info("a device plugin registers", { resource: resourceName, endpoint })
        parts.onRegister(resourceName)
        if (version !== VERSION) {
          const supported = `Supported version is ["${VERSION}"]`
          throw new Error(`requested API version ${JSON.stringify(version)} is not supported by kubelet. ${supported}`)
        }
        if (!isExtended(resourceName)) throw new Error(invalidName(resourceName))
        await connect(resourceName, join(folder, endpoint))
        return {}
      },
    }),
    handler: {
      type: "DevicePlugin",
      validate({ name, versions }) {
        if (!versions.includes(VERSION)) {
          throw new Error(`manager version, ${VERSION}, is not among plugin supported versions [${versions.join(" ")}]`)
        }
        if (!isExtended(name)) throw new Error(`invalid name of device plugin socket: ${invalidName(name)}`)
      },
      async register({ endpoint, name }) {
        parts.onRegister(name)
        await connect(name, driverPaths(parts.dataDir, endpoint).socketPath)
      },
      async deregister({ name }) {
        const connection = open.get(name)
        if (connection !== undefined) disconnect(name, connection)
      },
    },
    close() {
      isClosed = true
      for (const connection of open.values()) close(connection)
      open.clear()
    },
  }
}

interface Connection {
  readonly endpoint: Endpoint
  readonly channel: GrpcChannel
  readonly ended: AbortController
}

const invalidName = (name: string): string => `the ResourceName ${JSON.stringify(name)} is invalid`
