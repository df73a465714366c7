import type { Clock } from "../../platform/clock.ts"
import { openRulesetGeneration } from "../../platform/linux/netlink/ruleset-generation.ts"
import type { Logger } from "../../platform/log.ts"
import type { BridgeNetwork } from "../cni/bridge-network.ts"
import type { PodPolicies } from "../policy/pod-policies.ts"
import type { ServiceProxy } from "../proxy/service-proxy.ts"
import type { NodeFeed } from "./node-feed.ts"

/** Devices and the number of rule changes are looked at this often; it costs some 100 microseconds. */
const LOOK_MS = 1000
/** After rules were looked at, so many times as long passes, within bounds: some machines' firewalls change all the time. */
const PAUSE_FACTOR = 20
const PAUSE_MAX_MS = 10_000

export interface Watched {
  readonly bridge: Pick<BridgeNetwork, "repair" | "repairBridge" | "writer">
  readonly proxy: Pick<ServiceProxy, "repair" | "writers">
  readonly policies: Pick<PodPolicies, "repair" | "writers"> | undefined
  readonly nodeFeed: Pick<NodeFeed, "repair">
  readonly clock: Clock
  readonly log: Logger
  readonly netns: string | undefined
  readonly signal: AbortSignal
}

/**
 * Firewalls are restarted, rule sets flushed or edited and devices deleted by others: pods would be cut off until the
 * agent's next start. Resolves after the signal.
 */
export async function watchOver(watched: Watched): Promise<void> {
  const { bridge, proxy, policies, nodeFeed, clock, log, signal } = watched
  const generation = openRulesetGeneration(watched.netns)
  const writers = [bridge.writer, ...proxy.writers, ...(policies?.writers ?? [])]
  // How much of the generation is the work of others.
  let foreign: number | undefined
  let nextLookAt = 0
  try {
    while (!signal.aborted) {
      await clock.sleep(LOOK_MS, signal).catch(() => undefined)
      if (signal.aborted) return
      try {
        bridge.repairBridge()
        nodeFeed.repair()
        // A transaction under way may count or not.
        if (writers.some((writer) => writer.busy()) || clock.monotonicMs() < nextLookAt) continue
        const seen = generation.read() - writers.reduce((sum, writer) => sum + writer.applied(), 0)
        // At first the rules have just been written.
        foreign ??= seen
        if (seen === foreign) continue
        const startedAt = clock.monotonicMs()
        await bridge.repair()
        await proxy.repair()
        await policies?.repair()
        foreign = seen
        const doneAt = clock.monotonicMs()
        nextLookAt = doneAt + Math.min(PAUSE_FACTOR * (doneAt - startedAt), PAUSE_MAX_MS)
      } catch (error) {
        log.warn("cannot look after the network of pods and services", { error })
      }
    }
  } finally {
    generation.close()
  }
}
