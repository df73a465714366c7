import type { ClusterEvent, QueueingHint } from "../events.ts"
import type { SchedulingPlugin } from "../framework.ts"
import type { Profile } from "../profile.ts"
import type { Waiting } from "./waiting.ts"

/** Stands for all extenders: nobody knows what they wait for, so any event wakes the pods that they refused. */
export const EXTENDERS = "Extenders"

/** Which plugins wait for which events, profile by profile. */
export class HintMap {
  readonly #byProfile = new Map<string, ReadonlyMap<string, readonly QueueingHint[]>>()
  /** All actions that any plugin waits for, by kind. */
  readonly #interest = new Map<string, number>()

  constructor(profiles: Iterable<Profile>) {
    for (const profile of profiles) {
      const plugins = new Map(pluginsOf(profile).map(({ name, wakesOn = [] }) => [name, wakesOn]))
      this.#byProfile.set(profile.schedulerName, plugins)
      for (const hints of plugins.values()) {
        for (const { on, actions } of hints) {
          this.#interest.set(on.kind, (this.#interest.get(on.kind) ?? 0) | actions)
        }
      }
    }
  }

  isInteresting({ kind, actions }: ClusterEvent): boolean {
    return ((this.#interest.get(kind) ?? 0) & actions) !== 0
  }

  /** Whether a plugin waits for such events in any profile. */
  awaits(plugin: string, event: ClusterEvent): boolean {
    if (plugin === EXTENDERS) return true
    for (const plugins of this.#byProfile.values()) {
      if (plugins.get(plugin)?.some((hint) => matches(hint, event))) return true
    }
    return false
  }

  /** Whether the event can help a pod against one of the plugins that refused it. */
  helps(waiting: Waiting, event: ClusterEvent): boolean {
    if (waiting.rejectedBy.size === 0) return true
    const plugins = this.#byProfile.get(waiting.pod.spec.schedulerName ?? "")
    for (const name of waiting.rejectedBy) {
      if (name === EXTENDERS) return true
      for (const hint of plugins?.get(name) ?? []) {
        if (matches(hint, event) && asks(hint, waiting, event)) return true
      }
    }
    return false
  }
}

export function pluginsOf(profile: Profile): readonly SchedulingPlugin[] {
  const { preEnqueue, preFilter, postFilter, score } = profile
  return [...new Set([...preEnqueue, ...preFilter, ...postFilter, ...score.map(({ plugin }) => plugin)])]
}

const matches = ({ on, actions }: QueueingHint, event: ClusterEvent): boolean =>
  on.kind === event.kind && (actions & event.actions) !== 0

function asks({ helps }: QueueingHint, { pod }: Waiting, event: ClusterEvent): boolean {
  if (helps === undefined) return true
  try {
    return helps(pod, event)
  } catch {
    // Better tried in vain than forgotten.
    return true
  }
}
