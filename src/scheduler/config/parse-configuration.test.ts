import assert from "node:assert/strict"
import { test } from "node:test"
import { parseConfiguration } from "./parse-configuration.ts"
import { expandPlugins } from "./plugin-sets.ts"

const HEAD = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
const configured = (more: object) =>
  parseConfiguration(
    JSON.stringify({ apiVersion: "kubescheduler.config.k8s.io/v1", kind: "KubeSchedulerConfiguration", ...more }),
  )
const profile = (more: object) => configured({ profiles: [more] })
const args = (name: string, given: object) => profile({ pluginConfig: [{ name, args: given }] })

test("an empty configuration is the default one", () => {
  const { config, warnings } = parseConfiguration(HEAD)
  assert.deepEqual(warnings, [])
  const [only] = config.profiles
  assert.equal(only?.schedulerName, "default-scheduler")
  assert.deepEqual(
    only?.plugins.score.map(({ name, weight }) => `${name}=${weight}`),
    [
      "TaintToleration=3",
      "NodeAffinity=2",
      "NodeResourcesFit=1",
      "VolumeBinding=1",
      "PodTopologySpread=2",
      "InterPodAffinity=2",
      "DynamicResources=2",
      "NodeResourcesBalancedAllocation=1",
      "ImageLocality=1",
    ],
  )
  assert.deepEqual(
    only?.plugins.postFilter.map(({ name }) => name),
    ["DynamicResources", "DefaultPreemption"],
  )
})

const refused: readonly { readonly name: string; readonly parse: () => unknown; readonly says: string }[] = [
  {
    name: "another kind",
    parse: () => parseConfiguration("kind: Pod\napiVersion: v1\n"),
    says: 'found "Pod" of "v1", expected KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1',
  },
  {
    name: "an unknown field",
    parse: () => parseConfiguration(`${HEAD}podMaxBackofSeconds: 3\n`),
    says: 'strict decoding error: unknown field "podMaxBackofSeconds"',
  },
  {
    name: "a first pause longer than the longest",
    parse: () => parseConfiguration(`${HEAD}podInitialBackoffSeconds: 20\n`),
    says: "podMaxBackoffSeconds: Invalid value: 10: must be greater than or equal to PodInitialBackoffSeconds",
  },
  {
    name: "percentages beyond the range",
    parse: () => profile({ percentageOfNodesToScore: 101 }),
    says: "profiles[0].percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]",
  },
  {
    name: "two profiles without names",
    parse: () => configured({ profiles: [{}, {}] }),
    says: '[profiles[0].schedulerName: Required value, profiles[1].schedulerName: Required value, profiles[1].schedulerName: Duplicate value: "profiles[0].schedulerName"]',
  },
  {
    name: "a plugin that does not exist",
    parse: () => profile({ plugins: { filter: { enabled: [{ name: "Nonsense" }] } } }),
    says: 'initializing profiles: creating profile for scheduler name default-scheduler: FilterPlugin "Nonsense" does not exist',
  },
  {
    name: "a plugin where it has nothing to do",
    parse: () => profile({ plugins: { score: { enabled: [{ name: "NodeName" }] } } }),
    says: 'initializing profiles: creating profile for scheduler name default-scheduler: plugin "NodeName" does not extend ScorePlugin plugin',
  },
  {
    name: "nobody who binds",
    parse: () => profile({ plugins: { bind: { disabled: [{ name: "*" }] } } }),
    says: 'initializing profiles: creating profile for scheduler name default-scheduler: at least one bind plugin is needed for profile with scheduler name "default-scheduler"',
  },
  {
    name: "arguments of another plugin",
    parse: () => args("InterPodAffinity", { kind: "NodeAffinityArgs" }),
    says: "decoding .profiles[0].pluginConfig[0]: args for plugin InterPodAffinity were not of type InterPodAffinityArgs.kubescheduler.config.k8s.io, got NodeAffinityArgs.kubescheduler.config.k8s.io",
  },
  {
    name: "an unknown argument",
    parse: () => args("InterPodAffinity", { weight: 1 }),
    says: 'decoding .profiles[0].pluginConfig[0]: decoding args for plugin InterPodAffinity: strict decoding error: unknown field "weight"',
  },
  {
    name: "a weight beyond the range",
    parse: () => args("InterPodAffinity", { hardPodAffinityWeight: 101 }),
    says: "profiles[0].pluginConfig[0].args.hardPodAffinityWeight: Invalid value: 101: not in valid range [0, 100]",
  },
  {
    name: "no candidates at all",
    parse: () => args("DefaultPreemption", { minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 0 }),
    says: "[profiles[0].pluginConfig[0].args.minCandidateNodesPercentage: Invalid value: 0: cannot be zero at the same time as minCandidateNodesAbsolute, profiles[0].pluginConfig[0].args.minCandidateNodesAbsolute: Invalid value: 0: cannot be zero at the same time as minCandidateNodesPercentage]",
  },
  {
    name: "a ratio without a shape",
    parse: () => args("NodeResourcesFit", { scoringStrategy: { type: "RequestedToCapacityRatio" } }),
    says: "profiles[0].pluginConfig[0].args.scoringStrategy.requestedToCapacityRatio: Required value: must be specified when type is RequestedToCapacityRatio",
  },
  {
    name: "a shape that goes back",
    parse: () =>
      args("NodeResourcesFit", {
        scoringStrategy: {
          type: "RequestedToCapacityRatio",
          requestedToCapacityRatio: {
            shape: [
              { utilization: 50, score: 0 },
              { utilization: 20, score: 11 },
            ],
          },
        },
      }),
    says: "[profiles[0].pluginConfig[0].args.scoringStrategy.requestedToCapacityRatio.shape[1].utilization: Invalid value: 20: values must be sorted in increasing order, profiles[0].pluginConfig[0].args.scoringStrategy.requestedToCapacityRatio.shape[1].score: Invalid value: 11: not in valid range [0, 10]]",
  },
  {
    name: "constraints beside the system's",
    parse: () =>
      args("PodTopologySpread", {
        defaultConstraints: [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway" }],
      }),
    says: 'profiles[0].pluginConfig[0].args.defaultingType: Invalid value: "System": when .defaultConstraints are not empty',
  },
  {
    name: "two extenders that bind",
    parse: () =>
      configured({
        extenders: [
          { urlPrefix: "http://a", bindVerb: "bind" },
          { urlPrefix: "http://b", bindVerb: "bind", prioritizeVerb: "prioritize" },
        ],
      }),
    says: '[extenders[1].weight: Invalid value: 0: must have a positive weight applied to it, extenders: Invalid value: "found 2 extenders implementing bind": only one extender can implement bind]',
  },
  {
    name: "native resources of extenders",
    parse: () => configured({ extenders: [{ urlPrefix: "http://a", managedResources: [{ name: "cpu" }] }] }),
    says: 'extenders[0].managedResources[0].name: Invalid value: "cpu": is an invalid extended resource name',
  },
]

for (const { name, parse, says } of refused) {
  test(`refuses ${name}`, () => {
    assert.throws(parse, ({ message }: Error) => {
      assert.equal(message, says)
      return true
    })
  })
}

test("tells what has no effect", () => {
  const { warnings } = parseConfiguration(`${HEAD}parallelism: 4\nleaderElection: {leaderElect: false}\n`)
  assert.deepEqual(
    warnings.map((warning) => warning.split(" ")[0]),
    ["parallelism", "leaderElection"],
  )
})

test("arguments are completed", () => {
  const { config } = args("NodeResourcesFit", {
    scoringStrategy: { type: "MostAllocated", resources: [{ name: "example.com/gpu" }] },
  })
  assert.deepEqual(config.profiles[0]?.args.get("NodeResourcesFit"), {
    scoringStrategy: { type: "MostAllocated", resources: [{ name: "example.com/gpu", weight: 1 }] },
  })
})

test("what only extenders look at is ignored by the scheduler itself", () => {
  const managedResources = [{ name: "example.com/foo", ignoredByScheduler: true }, { name: "example.com/bar" }]
  const { config } = configured({ extenders: [{ urlPrefix: "http://a", managedResources }] })
  const fit = config.profiles[0]?.args.get("NodeResourcesFit") as { ignoredResources: string[] }
  assert.deepEqual(fit.ignoredResources, ["example.com/foo"])
})

const scores = (plugins: Parameters<typeof expandPlugins>[1]) =>
  expandPlugins("s", plugins).score.map(({ name, weight }) => `${name}=${weight}`)

const sets: readonly {
  readonly name: string
  readonly plugins: Parameters<typeof expandPlugins>[1]
  readonly want: readonly string[]
}[] = [
  {
    name: "all disabled at a point but one",
    plugins: { score: { disabled: [{ name: "*" }], enabled: [{ name: "ImageLocality", weight: 7 }] } },
    want: ["ImageLocality=7"],
  },
  {
    name: "all disabled everywhere but some",
    plugins: {
      multiPoint: {
        disabled: [{ name: "*" }],
        enabled: [{ name: "PrioritySort" }, { name: "DefaultBinder" }, { name: "NodeResourcesFit", weight: 4 }],
      },
    },
    want: ["NodeResourcesFit=4"],
  },
  {
    name: "one with another weight comes first, the others stay",
    plugins: {
      multiPoint: { disabled: [{ name: "VolumeBinding" }, { name: "DynamicResources" }] },
      score: { enabled: [{ name: "NodeAffinity", weight: 9 }], disabled: [{ name: "TaintToleration" }] },
    },
    want: [
      "NodeAffinity=9",
      "NodeResourcesFit=1",
      "PodTopologySpread=2",
      "InterPodAffinity=2",
      "NodeResourcesBalancedAllocation=1",
      "ImageLocality=1",
    ],
  },
]
for (const { name, plugins, want } of sets) test(`plugins: ${name}`, () => assert.deepEqual(scores(plugins), want))
