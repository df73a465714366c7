import { has, type NumaMask } from "../topology/numa-mask.ts"
import { isTiedToNodes } from "./device-hints.ts"
import type { PluginDevice } from "./plugin-resources.ts"

export interface Wanted {
  readonly resource: string
  readonly amount: number
  /** What init containers of the pod had, and do not need any more: taken first. */
  readonly reusable: ReadonlySet<string>
  /** Healthy, and of nobody. */
  readonly available: ReadonlySet<string>
  /** Of the resource, by id. */
  readonly devices: ReadonlyMap<string, PluginDevice>
  readonly affinity: NumaMask | undefined
}

/** What a plugin is asked when it may say which devices go well together. */
export interface Question {
  readonly available: readonly string[]
  readonly mustInclude: readonly string[]
}

export interface Choice {
  readonly ids: ReadonlySet<string>
  /** Absent when there is nothing to prefer. */
  readonly question?: Question
}

/**
 * Which devices a container gets: those that it may reuse, then those near its NUMA nodes, then others; of equals those
 * that the plugin prefers. `preferred`: what it answered to the question of a choice of the same. Throws when there are
 * not enough. A pure function.
 */
export function chooseDevices(wanted: Wanted, preferred: readonly string[] = []): Choice {
  const { amount, available, resource, reusable } = wanted
  const ids = new Set<string>()
  const take = (from: Iterable<string>): boolean => {
    for (const id of from) {
      if (ids.size === amount) break
      ids.add(id)
    }
    return ids.size === amount
  }
  if (take(reusable)) return { ids }
  const missing = amount - ids.size
  if (available.size < missing) {
    throw new Error(
      `requested number of devices unavailable for ${resource}. Requested: ${missing}, Available: ${available.size}`,
    )
  }
  const { aligned, others } = byAffinity(wanted)
  const ask = (among: Iterable<string>): Question => ({
    available: [...new Set([...among, ...ids])],
    mustInclude: [...ids],
  })
  if (missing < aligned.length) {
    const question = ask(aligned)
    take(preferred.filter((id) => aligned.includes(id)))
    take(aligned)
    return { ids, question }
  }
  // What is aligned must be among them, so that the promise of the topology holds.
  if (take(aligned)) return { ids }
  const question = ask(available)
  take(preferred.filter((id) => available.has(id)))
  take(others)
  return { ids, question }
}

/** Those that are near no node come last: they suit everybody. */
function byAffinity({ affinity, available, devices }: Wanted): { aligned: string[]; others: string[] } {
  const nodesOf = (id: string) => devices.get(id)?.nodes ?? []
  const isTied = isTiedToNodes(devices)
  if (affinity === undefined || !isTied) return { aligned: [], others: [...available] }
  const isNear = (node: number) => has(affinity, node)
  const ids = [...available]
  const aligned = ids.filter((id) => nodesOf(id).some(isNear))
  const elsewhere = ids.filter((id) => nodesOf(id).length > 0 && !nodesOf(id).some(isNear))
  return { aligned, others: [...elsewhere, ...ids.filter((id) => nodesOf(id).length === 0)] }
}
