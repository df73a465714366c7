import type { Clock, Timer } from "../../platform/clock.ts"
import { openNetworkChanges } from "../../platform/linux/netlink/network-changes.ts"
import { readChains } from "../../platform/linux/netlink/ruleset.ts"
import type { Logger } from "../../platform/log.ts"
import type { BridgeNetwork } from "../cni/bridge-network.ts"
import { isClusterTable } from "../foreign-firewall.ts"
import type { NodeSwitch } from "../node-netns/node-switch.ts"
import type { PodPolicies } from "../policy/pod-policies.ts"
import type { ServiceProxy } from "../proxy/service-proxy.ts"
import type { NodeFeed } from "./node-feed.ts"

/** What happens within this time is looked at together: whoever changes one thing mostly changes more. */
const GATHER_MS = 100
/** The least between two looks: where pods come and go, devices change all the time. */
const PAUSE_MIN_MS = 1000
/** The most: the kernel does not tell of all that matters here, such as neighbours and some of its settings. */
const PAUSE_WITHOUT_NEWS_MS = 60_000
/** After a look so many times as long passes, within bounds: some machines' firewalls and routes change all the time. */
const PAUSE_FACTOR = 20
const PAUSE_MAX_MS = 10_000

export interface Watched {
  readonly bridge: Pick<BridgeNetwork, "name" | "repair" | "repairDevices" | "writer">
  readonly proxy: Pick<ServiceProxy, "repair" | "writers">
  readonly policies: Pick<PodPolicies, "repair" | "writers"> | undefined
  readonly nodeFeed: Pick<NodeFeed, "repair">
  /** What lies between nodes of one machine; absent on nodes that are not the machine. */
  readonly nodeSwitch?: NodeSwitch
  readonly clock: Clock
  readonly log: Logger
  readonly netns: string | undefined
  readonly signal: AbortSignal
  /** Is told what somebody else had changed and what is as it should be again, in words. */
  readonly onRepaired: (mended: readonly string[]) => void
}

/**
 * Firewalls are restarted, rule sets flushed or edited, devices and routes deleted and settings changed by others: pods
 * would be cut off until the agent's next start. The kernel tells of nearly every change, so little happens as long as
 * nothing changes. Resolves after the signal.
 */
export async function watchOver(watched: Watched): Promise<void> {
  const { bridge, proxy, policies, nodeSwitch, clock, log, signal } = watched
  const tables = [bridge, proxy, policies, nodeSwitch].filter((each) => each !== undefined)
  const between = nodeSwitch ? [nodeSwitch.writer] : []
  const writers = [bridge.writer, ...proxy.writers, ...(policies?.writers ?? []), ...between]
  const changes = followChanges(watched)
  // How many transactions were the work of others. At first the rules have just been written.
  let foreign: number | undefined
  let rulesFromMs = 0

  /** Returns when to look next, at the earliest. */
  async function look(): Promise<number> {
    const startedAt = clock.monotonicMs()
    tell(repairDevices(watched))
    const nextMs = Math.max(startedAt + PAUSE_MIN_MS, pauseAfter(startedAt))
    // A transaction under way may count or not.
    if (startedAt < rulesFromMs || writers.some((writer) => writer.busy())) {
      // Devices need not wait for that.
      changes.keep(Math.max(nextMs, rulesFromMs) - startedAt)
      return nextMs
    }
    const seen = writers.reduce((others, writer) => others - writer.applied(), changes.ofRules)
    foreign ??= seen
    if (seen === foreign && !changes.lost) return nextMs
    changes.lost = false
    const mended: string[] = []
    for (const table of tables) mended.push(...(await table.repair()))
    foreign = seen
    tell(mended)
    rulesFromMs = pauseAfter(startedAt)
    return nextMs
  }

  function pauseAfter(startedAt: number): number {
    const doneAt = clock.monotonicMs()
    return doneAt + Math.min(PAUSE_FACTOR * (doneAt - startedAt), PAUSE_MAX_MS)
  }

  function tell(mended: readonly string[]): void {
    if (mended.length > 0) watched.onRepaired(mended)
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
        changes.keep(0)
      }
    }
  } finally {
    changes.close()
  }
}

/** What is below first: tunnels need the way between the nodes. */
function repairDevices({ bridge, nodeFeed, nodeSwitch }: Watched): readonly string[] {
  return [...(nodeSwitch?.repairDevices() ?? []), ...bridge.repairDevices(), ...nodeFeed.repair()]
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
  /** What happened stays to be looked at, after so long. */
  keep(delayMs: number): void
  close(): void
}

function followChanges({ bridge, clock, netns, nodeSwitch, signal }: Watched): Changes {
  const dropping = readChains(netns).filter(({ drops }) => drops)
  const firewalls = new Set(dropping.map(({ family, table }) => `${family} ${table}`))
  const own = [bridge, nodeSwitch].flatMap((each) => (each ? [`${each.name}-`] : []))
  const nameOf = (table: string) => table.split(" ")[1] ?? ""
  const isOwn = (table: string) => own.some((prefix) => nameOf(table).startsWith(prefix))
  const isNear = (table: string) => firewalls.has(table) || isOwn(table)
  let timer: Timer | undefined
  const tellAfter = (delayMs: number) => {
    timer?.cancel()
    timer = clock.after(delayMs, tell)
  }
  let happened = Promise.withResolvers<void>()
  let ofRules = 0
  const tell = () => happened.resolve()
  const feed = openNetworkChanges(
    {
      onDevices: tell,
      onRules(tables, based) {
        for (const [table, drops] of based) if (drops) firewalls.add(table)
        // A firewall that begins may drop by a rule of its own.
        const begins = [...based.keys()].some((table) => !isClusterTable(nameOf(table)))
        if (!begins && ![...tables].some(isNear)) return
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
      tellAfter(PAUSE_WITHOUT_NEWS_MS)
      happened = Promise.withResolvers()
    },
    keep: tellAfter,
    close() {
      timer?.cancel()
      feed.close()
    },
  }
  tell()
  return changes
}
