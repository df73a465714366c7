import { join } from "node:path"
import { openChannel } from "../../../machinery/grpc/client.ts"
import { implement, serveGrpc } from "../../../machinery/grpc/server.ts"
import type { InputOf } from "../../../machinery/schema/schema.ts"
import type { Clock } from "../../../platform/clock.ts"
import {
  type ContainerAllocateResponse,
  DevicePlugin,
  type DevicePluginOptions,
  Registration,
  type ReportedDevice,
  VERSION,
} from "../service.ts"

/** A device plugin on a real socket, as a vendor's would be. */
export interface TestPlugin {
  /** What it was asked, oldest first. */
  readonly calls: string[]
  /** Which devices there are from now on. */
  list(devices: readonly ReportedDevice[]): void
  /** Tells the kubelet of itself. Rejects with what it answers. */
  register(request?: { readonly version?: string; readonly resourceName?: string }): Promise<void>
  /** It dies; its socket goes. */
  close(): void
}

/** `folder`: that of the kubelet's socket. Serves, but has not registered yet. */
export async function startTestPlugin(options: {
  readonly folder: string
  readonly resource: string
  readonly clock: Pick<Clock, "nowMs">
  readonly devices: readonly ReportedDevice[]
  readonly options?: DevicePluginOptions
  /** What containers need for some devices. Throws when they cannot have them. */
  readonly allocate: (ids: readonly string[]) => ContainerAllocateResponse
  /** Which of the devices it would give. */
  readonly prefer?: (available: readonly string[], amount: number) => readonly string[]
}): Promise<TestPlugin> {
  const { allocate, clock, folder, prefer, resource } = options
  const endpoint = `${resource.replace("/", "-")}.sock`
  const calls: string[] = []
  let { devices } = options
  let more = Promise.withResolvers<void>()
  const service = implement(DevicePlugin, {
    GetDevicePluginOptions: async () => options.options ?? {},
    async *ListAndWatch(_, { signal }) {
      const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }))
      while (!signal.aborted) {
        yield { devices }
        await Promise.race([more.promise, ended])
        more = Promise.withResolvers()
      }
    },
    async GetPreferredAllocation({ containerRequests = [] }) {
      const containerResponses = containerRequests.map((request) => {
        const { allocationSize = 0, availableDeviceIDs = [] } = request
        calls.push(`prefer ${allocationSize} of ${availableDeviceIDs.join()}`)
        return { deviceIDs: prefer?.(availableDeviceIDs, allocationSize) ?? [] }
      })
      return { containerResponses }
    },
    async Allocate({ containerRequests = [] }) {
      const containerResponses = containerRequests.map(({ devicesIds = [] }) => {
        calls.push(`allocate ${devicesIds.join()}`)
        return allocate(devicesIds)
      })
      return { containerResponses } satisfies InputOf<typeof DevicePlugin.methods.Allocate.response>
    },
    async PreStartContainer({ devicesIds = [] }) {
      calls.push(`start ${devicesIds.join()}`)
      return {}
    },
  })
  const server = await serveGrpc({ socketPath: join(folder, endpoint) }, () => [service])
  return {
    calls,
    list(now) {
      devices = now
      more.resolve()
    },
    async register(request = {}) {
      const channel = openChannel(join(folder, "kubelet.sock"), clock)
      try {
        await channel.client(Registration).Register({ version: VERSION, endpoint, resourceName: resource, ...request })
      } finally {
        channel.close()
      }
    },
    close: server.close,
  }
}
