import assert from "node:assert/strict"
import { test } from "node:test"
import { createCounters } from "../counters.ts"
import { large } from "../cpus/testing/machines.ts"
import { containerOf, podOf } from "../testing/pods.ts"
import { allocateAligned } from "./align.ts"
import { AllocationError, type HintProvider, type TopologyHint } from "./hint-provider.ts"
import { mergeHints } from "./merge-hints.ts"
import { masksOf, nodesOf } from "./numa-mask.ts"
import {
  noTopologyOptions,
  parseTopologyOptions,
  type TopologyPolicyName,
  type TopologyScope,
  topologyPolicy,
} from "./topology-policy.ts"

const policyOf = (name: TopologyPolicyName, scope: TopologyScope = "container", options = noTopologyOptions) =>
  topologyPolicy(name, scope, options, large.nodes)

/** `011*`: nodes 0 and 1, preferred. */
const hint = (text: string): TopologyHint => ({
  affinity: text.startsWith("any") ? undefined : Number.parseInt(text, 2),
  preferred: text.endsWith("*"),
})
const shown = ({ affinity, preferred }: TopologyHint) => `${affinity?.toString(2) ?? "any"}${preferred ? "*" : ""}`

interface Merging {
  readonly name: string
  readonly policy: TopologyPolicyName
  readonly hints: readonly (readonly string[] | undefined)[]
  readonly want: string
}
const mergings: readonly Merging[] = [
  { name: "nobody cares", policy: "restricted", hints: [undefined], want: "1111* admitted" },
  {
    name: "a common node",
    policy: "restricted",
    hints: [
      ["1*", "10*"],
      ["10*", "11"],
    ],
    want: "10* admitted",
  },
  {
    name: "no common node that both prefer",
    policy: "restricted",
    hints: [
      ["1*", "11"],
      ["10*", "11"],
    ],
    want: "1 refused",
  },
  {
    name: "the same, if that is good enough",
    policy: "best-effort",
    hints: [
      ["1*", "11"],
      ["10*", "11"],
    ],
    want: "1 admitted",
  },
  {
    name: "two nodes where one will not do",
    policy: "restricted",
    hints: [["11*"], ["11*", "111"]],
    want: "11* admitted",
  },
  {
    name: "two nodes where one is a must",
    policy: "single-numa-node",
    hints: [["11*"], ["1*", "11"]],
    want: "any refused",
  },
  { name: "nothing to be had", policy: "restricted", hints: [["1*"], []], want: "1 refused" },
  {
    name: "rather as many as are needed",
    policy: "best-effort",
    hints: [
      ["1", "110"],
      ["110", "1110"],
    ],
    want: "110 admitted",
  },
]
for (const { hints, name, policy, want } of mergings) {
  test(`${policy}: ${name}`, () => {
    const providers = hints.map((list) => new Map([["r", list?.map(hint)]]))
    const { admitted, hint: best } = mergeHints(policyOf(policy), providers)
    assert.equal(`${shown(best)} ${admitted ? "admitted" : "refused"}`, want)
  })
}

test("nodes that are close to each other win, where that was asked for", () => {
  const providers = [
    new Map([["r", ["11*", "101*", "1100*"].map(hint)]]),
    new Map([["s", ["101*", "1100*"].map(hint)]]),
  ]
  const best = (options: Readonly<Record<string, string>>) =>
    shown(mergeHints(policyOf("best-effort", "container", parseTopologyOptions(options)), providers).hint)
  assert.equal(best({}), "101*")
  assert.equal(best({ "prefer-closest-numa-nodes": "true" }), "1100*")
})

const refusedOptions: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
  [{ nearest: "true" }, 'unknown Topology Manager Policy option: "nearest"'],
  [{ "max-allowable-numa-nodes": "4" }, 'the minimum value of "max-allowable-numa-nodes" should not be less than 8'],
  [
    { "max-allowable-numa-nodes": "many" },
    'unable to convert policy option to integer "max-allowable-numa-nodes": strconv.Atoi: parsing "many": invalid syntax',
  ],
]
for (const [options, message] of refusedOptions) {
  test(`refuses options: ${message}`, () => assert.throws(() => parseTopologyOptions(options), { message }))
}

test("machines with too many nodes have no topology policy", () => {
  const nodes = Array.from({ length: 9 }, (_, id) => ({ id, memoryBytes: 0, hugepages: new Map(), distances: [] }))
  const of = (name: TopologyPolicyName) => topologyPolicy(name, "container", noTopologyOptions, nodes)
  assert.throws(() => of("restricted"), { message: "unsupported on machines with more than 8 NUMA Nodes" })
  assert.equal(of("none").all, 0)
})

test("sets of nodes come in the order of their size", () => {
  assert.deepEqual(
    masksOf([0, 2, 3]).map((mask) => nodesOf(mask).join("")),
    ["0", "2", "3", "02", "03", "23", "023"],
  )
})

/** Hands out nodes 1 and 2 to whoever asks, and notes what it was told. */
function provider(hints: readonly string[], calls: string[], failsFor?: string): HintProvider {
  const of = () => new Map([["r", hints.map(hint)]])
  return {
    hints: of,
    podHints: of,
    allocate(_, { name }, given) {
      if (name === failsFor) throw new AllocationError("it is gone")
      calls.push(`${name} ${shown(given)}`)
    },
    release: (uid) => calls.push(`release ${uid}`),
  }
}

const pod = podOf({ initContainers: [containerOf("init")], containers: [containerOf("c")] })
const admissions = [
  { policy: "none", scope: "container", hints: ["1*"], want: ["init any", "c any"] },
  { policy: "restricted", scope: "pod", hints: ["10*"], want: ["init 10*", "c 10*"] },
  {
    policy: "single-numa-node",
    scope: "container",
    hints: ["11*"],
    want: ["release uid-1", "TopologyAffinityError: Resources cannot be allocated with Topology locality"],
  },
  {
    policy: "best-effort",
    scope: "container",
    hints: ["1*"],
    failsFor: "c",
    want: [
      "init 1*",
      "release uid-1",
      "UnexpectedAdmissionError: Allocate failed due to it is gone, which is unexpected",
    ],
  },
] as const
for (const { hints, policy, scope, want, ...rest } of admissions) {
  test(`${policy} for each ${scope}: ${want.at(-1)}`, () => {
    const calls: string[] = []
    const named = { ...pod, metadata: { ...pod.metadata, uid: "uid-1" } }
    const providers = [provider(hints, calls, "failsFor" in rest ? rest.failsFor : undefined)]
    const refusal = allocateAligned(policyOf(policy, scope), providers, named, createCounters())
    assert.deepEqual([...calls, ...(refusal ? [`${refusal.reason}: ${refusal.message}`] : [])], want)
  })
}
