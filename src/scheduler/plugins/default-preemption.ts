import { Pod } from "../../api/core/v1/pod.ts"
import { PodDisruptionBudget } from "../../api/policy/v1/pod-disruption-budget.ts"
import { DELETE, wake } from "../events.ts"
import type { PluginFactory } from "../framework.ts"
import { Eviction } from "../preemption/eviction.ts"
import { pickCandidate } from "../preemption/pick-candidate.ts"
import { type DefaultPreemptionArgs, findCandidates } from "../preemption/preempt.ts"
import { PREEMPTION } from "../preemption/select-victims.ts"

/** Makes room on a node by ending less important pods, if that helps. */
export const defaultPreemption: PluginFactory<DefaultPreemptionArgs> = (host, args) => {
  const budgets = host.informer(PodDisruptionBudget)
  let listed: readonly PodDisruptionBudget[] | undefined
  budgets.onChange(() => {
    listed = undefined
  })
  const eviction = new Eviction(host)
  return {
    name: PREEMPTION,
    preEnqueue: ({ metadata }) =>
      eviction.isUnderWay(metadata.uid) ? "waiting for the preemption for this pod to be finished" : undefined,
    postFilter: async (pod, failure) => {
      const found = findCandidates(pod, failure, args, (listed ??= budgets.list()), host.platform.random)
      if (found.type === "not-eligible") return { message: `preemption: ${found.message}` }
      if (found.type === "in-vain") return { message: `preemption: ${found.message}`, nominate: "" }
      const candidate = pickCandidate(await host.refineVictims(pod, found.candidates))
      if (candidate === undefined) return { message: "preemption: no candidate node for preemption" }
      eviction.start(pod, candidate)
      return { message: "", nominate: candidate.nodeName, done: true }
    },
    // The plugin that rejected the pod knows whether the end of a victim helps; this only lets it out of the gate.
    wakesOn: [wake(Pod, DELETE, () => false)],
  }
}
