import type { Client } from "../../client/client.ts"
import type { EventRecorder } from "../../client/event-recorder.ts"
import type { Timer } from "../../platform/clock.ts"
import type { Platform } from "../../platform/platform.ts"
import type { PluginHandler } from "../plugins/plugin-handler.ts"
import type { VolumePlugin } from "../volumes/plugins/plugin.ts"
import { createPodTokens } from "../volumes/tokens.ts"
import type { VolumeObjects } from "../volumes/volumes.ts"
import { createCsiNodeObject } from "./csi-node-object.ts"
import { createCsiObjects } from "./csi-objects.ts"
import { csiPlugin } from "./csi-plugin.ts"
import { createDrivers } from "./drivers.ts"

const RETRY_MS = 1000

export interface Csi {
  /** Mounts the volumes of drivers. */
  readonly volumes: VolumePlugin
  /** Takes drivers as they register. */
  readonly drivers: PluginHandler
}

/** CSI on one node: the drivers that register, the CSINode object that lists them, and their volumes. Ends with `signal`. */
export function createCsi(options: {
  readonly client: Client
  readonly platform: Pick<Platform, "clock" | "log" | "random">
  readonly events: Pick<EventRecorder, "record">
  readonly nodeName: string
  readonly dataDir: string
  readonly requestToken: VolumeObjects["requestToken"]
  /** Resolves when the Node object exists, to which CSINode belongs. */
  readonly registered: Promise<void>
  readonly signal: AbortSignal
}): Csi {
  const { client, dataDir, events, nodeName, platform, signal } = options
  const log = platform.log.with({ component: "csi" })
  const csiNode = createCsiNodeObject({ client, platform, nodeName })
  const drivers = createDrivers({ dataDir, csiNode, clock: platform.clock })
  const objects = createCsiObjects({ client, platform, nodeName, signal })
  const tokens = createPodTokens({ ...platform, log }, options.requestToken)
  const updates = new Map<string, Timer>()

  /** Drivers whose limit on the node changes while they run say how often they are to be asked. */
  const updateEvery = (name: string, seconds: number): void => {
    updates.get(name)?.cancel()
    updates.delete(name)
    if (seconds === 0 || signal.aborted) return
    const next = () => {
      drivers
        .update(name)
        .catch((error: unknown) => log.warn("driver did not say how many volumes it takes", { name, error }))
      updateEvery(name, seconds)
    }
    updates.set(name, platform.clock.after(seconds * 1000, next))
  }
  objects.onDriverChange((name, driver) => updateEvery(name, driver?.spec.nodeAllocatableUpdatePeriodSeconds ?? 0))
  signal.addEventListener("abort", () => {
    for (const timer of updates.values()) timer.cancel()
    drivers.close()
  })

  const ensureNode = async (): Promise<void> => {
    await options.registered
    while (!signal.aborted) {
      try {
        return await csiNode.ensure()
      } catch (error) {
        log.warn("the node's CSINode object could not be made and will be tried again", { error })
        await platform.clock.sleep(RETRY_MS, signal).catch(() => undefined)
      }
    }
  }
  void ensureNode()
  const mounting = { dataDir, nodeName, drivers, objects, tokens, events }
  return { volumes: csiPlugin({ ...mounting, client, platform }), drivers: drivers.handler }
}
