import assert from "node:assert/strict"
import { test } from "node:test"
import type { HorizontalPodAutoscaler } from "../../api/autoscaling/v2/horizontal-pod-autoscaler.ts"
import { limitReplicas, type Memory, NO_MEMORY, rememberChange } from "./limits.ts"

const NOW = 10_000_000
const spec = (more: object = {}) =>
  ({ spec: { minReplicas: 2, maxReplicas: 20, ...more } }) as unknown as HorizontalPodAutoscaler
const rules = (more: object) => ({ selectPolicy: "Max", policies: [], ...more })
const behavior = (scaleUp: object = {}, scaleDown: object = {}) =>
  spec({
    behavior: {
      scaleUp: rules({ policies: [{ type: "Percent", value: 100, periodSeconds: 15 }], ...scaleUp }),
      scaleDown: rules({
        stabilizationWindowSeconds: 0,
        policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
        ...scaleDown,
      }),
    },
  })
/** What was wanted so many seconds ago. */
const wanted = (...entries: readonly (readonly [secondsAgo: number, replicas: number])[]): Memory => ({
  changes: [],
  recommendations: entries.map(([secondsAgo, replicas]) => ({ replicas, atMs: NOW - secondsAgo * 1000 })),
})
const added = (by: number, secondsAgo: number) => rememberChange(NO_MEMORY, by, NOW - secondsAgo * 1000)

const CASES: readonly (readonly [
  name: string,
  of: HorizontalPodAutoscaler,
  current: number,
  wish: number,
  memory: Memory,
  replicas: number,
  limit: string,
])[] = [
  ["at most double", spec(), 4, 19, NO_MEMORY, 8, "ScaleUpLimit"],
  ["four at least", spec(), 2, 19, NO_MEMORY, 4, "ScaleUpLimit"],
  ["at most the maximum", spec(), 15, 25, NO_MEMORY, 20, "TooManyReplicas"],
  ["at least the minimum", spec(), 4, 1, NO_MEMORY, 2, "TooFewReplicas"],
  ["as wished", spec(), 4, 6, NO_MEMORY, 6, "DesiredWithinRange"],
  ["not below what was wanted of late", spec(), 10, 3, wanted([200, 8], [400, 15]), 8, "DesiredWithinRange"],
  [
    "pods a minute",
    behavior({ policies: [{ type: "Pods", value: 3, periodSeconds: 60 }] }),
    5,
    15,
    NO_MEMORY,
    8,
    "ScaleUpLimit",
  ],
  [
    "what was added already counts",
    behavior({ policies: [{ type: "Pods", value: 3, periodSeconds: 60 }] }),
    7,
    15,
    added(2, 30),
    8,
    "ScaleUpLimit",
  ],
  [
    "what was added long ago does not",
    behavior({ policies: [{ type: "Pods", value: 3, periodSeconds: 60 }] }),
    7,
    15,
    added(2, 61),
    10,
    "ScaleUpLimit",
  ],
  [
    "the policy that changes most",
    behavior({
      policies: [
        { type: "Pods", value: 3, periodSeconds: 60 },
        { type: "Percent", value: 100, periodSeconds: 60 },
      ],
    }),
    5,
    15,
    NO_MEMORY,
    10,
    "ScaleUpLimit",
  ],
  [
    "the policy that changes least",
    behavior({
      selectPolicy: "Min",
      policies: [
        { type: "Pods", value: 3, periodSeconds: 60 },
        { type: "Percent", value: 100, periodSeconds: 60 },
      ],
    }),
    5,
    15,
    NO_MEMORY,
    8,
    "ScaleUpLimit",
  ],
  ["growing switched off", behavior({ selectPolicy: "Disabled" }), 5, 15, NO_MEMORY, 5, "ScaleUpLimit"],
  [
    "shrinking by a part",
    behavior({}, { policies: [{ type: "Percent", value: 10, periodSeconds: 60 }] }),
    15,
    3,
    NO_MEMORY,
    13,
    "ScaleDownLimit",
  ],
  [
    "shrinking by pods",
    behavior({}, { policies: [{ type: "Pods", value: 2, periodSeconds: 60 }] }),
    15,
    3,
    added(-1, 10),
    14,
    "ScaleDownLimit",
  ],
  ["shrinking switched off", behavior({}, { selectPolicy: "Disabled" }), 15, 3, NO_MEMORY, 15, "ScaleDownLimit"],
  [
    "patience when growing",
    behavior({ stabilizationWindowSeconds: 60 }),
    5,
    9,
    wanted([30, 6]),
    6,
    "DesiredWithinRange",
  ],
  [
    "patience when shrinking",
    behavior({}, { stabilizationWindowSeconds: 60 }),
    9,
    3,
    wanted([30, 7], [90, 9]),
    7,
    "DesiredWithinRange",
  ],
]
for (const [name, of, current, wish, memory, replicas, limit] of CASES) {
  test(name, () => {
    const result = limitReplicas(of, current, wish, memory, NOW)
    assert.deepEqual([result.replicas, result.limited[1]], [replicas, limit])
  })
}

test("says when patience decided", () => {
  const reason = (of: HorizontalPodAutoscaler, current: number, wish: number, memory: Memory) =>
    limitReplicas(of, current, wish, memory, NOW).able[0]
  assert.equal(reason(spec(), 4, 6, NO_MEMORY), "ReadyForNewScale")
  assert.equal(reason(spec(), 9, 3, wanted([10, 8])), "ScaleDownStabilized")
  assert.equal(reason(behavior({ stabilizationWindowSeconds: 60 }), 5, 9, wanted([30, 6])), "ScaleUpStabilized")
})

test("remembers every wish for an hour", () => {
  const { memory } = limitReplicas(spec(), 4, 6, wanted([10, 5], [4000, 9]), NOW)
  assert.deepEqual(
    memory.recommendations.map(({ replicas }) => replicas),
    [5, 6],
  )
})
