import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { Pod } from "../api/core/v1/pod.ts"
import type { PodDisruptionBudget } from "../api/policy/v1/pod-disruption-budget.ts"
import { AlikePods } from "./alike.ts"
import { CHANGES_KEPT } from "./change-log.ts"
import type { ClusterState } from "./cluster-state.ts"
import { search } from "./cycle.ts"
import { pickCandidate } from "./preemption/pick-candidate.ts"
import { findCandidates } from "./preemption/preempt.ts"
import type { Profile } from "./profile.ts"
import { cluster, firstOf, node, pod, profileOver } from "./testing.ts"

/** Random clusters that change step by step: what is known from pods before must be what asking every node would tell. */

const NODES = 3
const PODS = 9
const nodeIndex = fc.nat(NODES - 1)
const podIndex = fc.nat(PODS - 1)
const place = fc.record({
  do: fc.constant("place" as const),
  pod: podIndex,
  on: nodeIndex,
  cpu: fc.integer({ min: 1, max: 2 }),
  priority: fc.nat(1),
  startedAt: fc.nat(1),
  isWeb: fc.boolean(),
  /** 0: none. */
  port: fc.nat(2),
})
const schedule = fc.record({
  do: fc.constant("schedule" as const),
  pod: fc.nat(3),
  cpu: fc.integer({ min: 2, max: 4 }),
  priority: fc.nat(2),
  tolerates: fc.boolean(),
  /** 0: none. */
  port: fc.nat(2),
  /** Whether it goes where it fits, or has that in view. */
  acts: fc.boolean(),
  startAt: nodeIndex,
})
const step = fc.oneof(
  { weight: 6, arbitrary: place },
  { weight: 6, arbitrary: schedule },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("remove" as const), pod: podIndex }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("node" as const),
      on: nodeIndex,
      cpu: fc.integer({ min: 3, max: 5 }),
      isCordoned: fc.boolean(),
      isTainted: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("drop" as const), on: nodeIndex }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("nominate" as const),
      pod: podIndex,
      on: fc.nat(NODES),
      priority: fc.nat(2),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("budget" as const), allowed: fc.nat(2) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const TAINT = { key: "k", effect: "NoSchedule" } as const
const ARGS = { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 2 }

test("what alike pods were told is what each would be told", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 80, size: "max" }), (steps) => {
      const state = cluster(Array.from({ length: NODES }, (_, index) => node(`n${index}`)))
      const world = new World(state)
      for (const one of steps) world.take(one)
    }),
    { numRuns: 500 },
  )
})

test("a node that has gone is forgotten, however much has happened since", () => {
  const state = cluster([node("n0"), node("n1")])
  const profile = profileOver(state)
  const alike = new AlikePods(state)
  const large = pod("large", { requests: { cpu: "1000" } })
  const refusedBy = () => {
    const { verdicts } = search(large, state, profile, { startAt: 0, percentageOfNodesToScore: 0, alike })
    return [...verdicts.byNode].map(([name]) => name)
  }
  assert.deepEqual(refusedBy(), ["n0", "n1"])
  state.removeNode("n0")
  for (let times = 0; times < 2 * CHANGES_KEPT; times++) state.changes.add("n1")
  assert.deepEqual(refusedBy(), ["n1"])
})

class World {
  readonly #state: ClusterState
  readonly #profile: Profile
  readonly #alike: AlikePods
  #budgets: readonly PodDisruptionBudget[] = []

  constructor(state: ClusterState) {
    this.#state = state
    this.#profile = profileOver(state)
    this.#alike = new AlikePods(state)
  }

  take(one: Step): void {
    const state = this.#state
    switch (one.do) {
      case "place": {
        const { pod: index, on, priority, startedAt, isWeb } = one
        const labels: Record<string, string> = isWeb ? { app: "web" } : {}
        const placed = pod(`p${index}`, { nodeName: `n${on}`, priority, labels, ...containers(one) })
        state.setPod({ ...placed, status: { startTime: `2026-01-01T00:00:0${startedAt}Z` } })
        return
      }
      case "remove":
        return state.removePod(`default/p${one.pod}`)
      case "node": {
        const { on, isCordoned: unschedulable, cpu, isTainted } = one
        const taints = isTainted ? [TAINT] : []
        return state.setNode(node(`n${on}`, { unschedulable, taints, allocatable: { cpu: String(cpu) } }))
      }
      case "drop":
        return state.removeNode(`n${one.on}`)
      case "nominate": {
        const waiting = pod(`w${one.pod}`, { priority: one.priority, requests: { cpu: "2" } })
        return state.nominations.set(waiting, one.on === NODES ? "" : `n${one.on}`)
      }
      case "budget":
        this.#budgets = [budget(one.allowed)]
        return
      case "schedule":
        this.#schedule(one)
    }
  }

  #schedule({ pod: index, priority, tolerates, acts, startAt, ...of }: Extract<Step, { do: "schedule" }>): void {
    const tolerations = tolerates ? [{ key: "k", operator: "Exists" as const }] : []
    const wanted = pod(`new${index}`, { priority, tolerations, ...containers(of) })
    // Whoever had its name is gone, but may have had a node in view.
    this.#state.removePod(`default/new${index}`)
    const fresh = this.#outcome(wanted, startAt)
    assert.deepEqual(this.#outcome(wanted, startAt, this.#alike), fresh)
    if (acts && fresh.feasible[0] !== undefined) this.#state.assume(wanted, fresh.feasible[0])
    else if (acts && fresh.best !== undefined) this.#state.nominations.set(wanted, fresh.best.nodeName)
  }

  /** With `alike`: as far as it is known; without: as every node says now. */
  #outcome(wanted: Pod, startAt: number, alike?: AlikePods) {
    const options = { startAt, percentageOfNodesToScore: 0, ...(alike && { alike }) }
    const { plans, feasible, verdicts, evaluated } = search(wanted, this.#state, this.#profile, options)
    const failure = { verdicts, plans, cluster: this.#state }
    const found = feasible.length > 0 ? undefined : findCandidates(wanted, failure, ARGS, this.#budgets, firstOf)
    return {
      evaluated,
      feasible: feasible.map(({ name }) => name),
      refused: new Map([...verdicts.byNode].map(([name, { plugin, rejection }]) => [name, { plugin, ...rejection }])),
      candidates: found?.type === "candidates" ? found.candidates : found,
      best: found?.type === "candidates" ? pickCandidate(found.candidates) : undefined,
      pods: [...this.#state.nodes.values()].map(({ name, pods, requested }) => [name, [...pods.keys()], requested.cpu]),
    }
  }
}

function containers({ cpu, port }: { readonly cpu: number; readonly port: number }) {
  const ports = port > 0 ? [{ containerPort: port, hostPort: port, protocol: "TCP" }] : []
  const container = { name: "main", image: "app", ports, resources: { requests: { cpu: String(cpu) } } }
  return { containers: [container] as unknown as Pod["spec"]["containers"] }
}

function budget(disruptionsAllowed: number): PodDisruptionBudget {
  return {
    metadata: { name: "web", namespace: "default" },
    spec: { selector: { matchLabels: { app: "web" } } },
    status: { disruptionsAllowed },
  } as unknown as PodDisruptionBudget
}
