import type { Clock } from "../../platform/clock.ts"
import { openNetworkChanges, tablesThatDrop } from "../../platform/linux/netlink/network-changes.ts"
import type { Logger } from "../../platform/log.ts"
import type { BridgeNetwork } from "../cni/bridge-network.ts"
import type { PodPolicies } from "../policy/pod-policies.ts"
import type { ServiceProxy } from "../proxy/service-proxy.ts"
import type { NodeFeed } from "./node-feed.ts"

/** What happens within this time is looked at together: whoever changes one thing mostly changes more. */
const GATHER_MS = 100
/** The least between two looks: where pods come and go, devices change all the time. */
const PAUSE_MIN_MS = 1000
/** After rules were looked at, so many times as long passes, within bounds: some machines' firewalls change all the time. */
const PAUSE_FACTOR = 20
const PAUSE_MAX_MS = 10_000

export interface Watched {
  readonly bridge: Pick<BridgeNetwork, "name" | "repair" | "repairBridge" | "writer">
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
 * agent's next start. The kernel tells of each change, so nothing happens as long as nothing changes. Resolves after
 * the signal.
 */
export async function watchOver(watched: Watched): Promise<void> {
  const { bridge, proxy, policies, nodeFeed, clock, log, netns, signal } = watched
  const writers = [bridge.writer, ...proxy.writers, ...(policies?.writers ?? [])]
  const changes = followChanges(bridge.name, netns, signal)
  // How many transactions were the work of others. At first the rules have just been written.
  let foreign: number | undefined
  let rulesFromMs = 0

  /** Returns when to look next, at the earliest. */
  async function look(): Promise<number> {
    const startedAt = clock.monotonicMs()
    const nextMs = startedAt + PAUSE_MIN_MS
    bridge.repairBridge()
    nodeFeed.repair()
    // A transaction under way may count or not.
    if (startedAt < rulesFromMs || writers.some((writer) => writer.busy())) {
      changes.keep()
      return Math.max(nextMs, rulesFromMs)
    }
    const seen = writers.reduce((others, writer) => others - writer.applied(), changes.ofRules)
    foreign ??= seen
    if (seen === foreign && !changes.lost) return nextMs
    changes.lost = false
    await bridge.repair()
    await proxy.repair()
    await policies?.repair()
    foreign = seen
    const doneAt = clock.monotonicMs()
    rulesFromMs = doneAt + Math.min(PAUSE_FACTOR * (doneAt - startedAt), PAUSE_MAX_MS)
    return nextMs
  }

  try {
    let nextMs = 0
    while (!signal.aborted) {
      await changes.some()
      await clock.sleep(Math.max(GATHER_MS, nextMs - clock.monotonicMs()), signal).catch(() => undefined)
      if (signal.aborted) return
      changes.begin()
      try {
        nextMs = await look()
      } catch (error) {
        log.warn("cannot look after the network of pods and services", { error })
        nextMs = clock.monotonicMs() + PAUSE_MIN_MS
        changes.lost = true
        changes.keep()
      }
    }
  } finally {
    changes.close()
  }
}

/** What has happened since the last look: before the first, everything may have. */
interface Changes {
  /** How many transactions there were on rules of this network, or of a firewall that drops what it does not know. */
  readonly ofRules: number
  /** More of them than were told may have changed something. */
  lost: boolean
  /** Resolves when there are some. */
  some(): Promise<void>
  /** To be called before a look: what happens from now on is for the next. */
  begin(): void
  /** What happened stays to be looked at. */
  keep(): void
  close(): void
}

function followChanges(network: string, netns: string | undefined, signal: AbortSignal): Changes {
  const firewalls = tablesThatDrop(netns)
  const isNear = (table: string) => firewalls.has(table) || table.split(" ")[1]?.startsWith(`${network}-`) === true
  let happened = Promise.withResolvers<void>()
  let ofRules = 0
  const tell = () => happened.resolve()
  const feed = openNetworkChanges(
    {
      onDevices: tell,
      onRules(tables, dropping) {
        for (const table of dropping) firewalls.add(table)
        if (![...tables].some(isNear)) return
        ofRules++
        tell()
      },
      onLost() {
        changes.lost = true
        tell()
      },
    },
    netns,
  )
  signal.addEventListener("abort", tell, { once: true })
  const changes: Changes = {
    lost: false,
    get ofRules() {
      return ofRules
    },
    some: () => happened.promise,
    begin() {
      happened = Promise.withResolvers()
    },
    keep: tell,
    close: feed.close,
  }
  tell()
  return changes
}
