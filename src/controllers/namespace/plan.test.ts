import assert from "node:assert/strict"
import { test } from "node:test"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { Namespace } from "../../api/core/v1/namespace.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { conditionsOf, deletionOrder, mergeConditions, recheckAfterMs } from "./plan.ts"

const none = {
  remaining: new Map<string, number>(),
  finalizers: new Map<string, number>(),
  failures: [],
  undiscovered: [],
}

test("pods go before what they use, and only what lives in namespaces", () => {
  const order = deletionOrder([ConfigMap, Namespace, Pod]).map((resources) => resources.map(({ plural }) => plural))
  assert.deepEqual(order, [["pods"], ["configmaps"]])
})

test("conditions say what is left and why", () => {
  const round = { ...none, remaining: new Map([["pods.", 2]]), finalizers: new Map([["example.com/hold", 1]]) }
  const shown = conditionsOf(round).filter(({ status }) => status === "True")
  assert.deepEqual(
    shown.map(({ type, reason, message }) => [type, reason, message]),
    [
      [
        "NamespaceContentRemaining",
        "SomeResourcesRemain",
        "Some resources are remaining: pods. has 2 resource instances",
      ],
      [
        "NamespaceFinalizersRemaining",
        "SomeFinalizersRemain",
        "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
      ],
    ],
  )
  assert.ok(conditionsOf(none).every(({ status }) => status === "False"))
})

test("a condition keeps its transition time while its status stays", () => {
  const namespace = {
    status: {
      conditions: [
        { type: "NamespaceContentRemaining", status: "True", reason: "old", message: "", lastTransitionTime: "t0" },
        { type: "Custom", status: "True", reason: "", message: "" },
      ],
    },
  } as unknown as Namespace
  const merged = mergeConditions(namespace, conditionsOf({ ...none, remaining: new Map([["pods.", 1]]) }), "t1")
  const times = new Map(merged.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]))
  assert.equal(times.get("NamespaceContentRemaining"), "t0")
  assert.equal(times.get("NamespaceDeletionContentFailure"), "t1")
  assert.ok(times.has("Custom"))
})

const rechecks = [
  { endingForMs: -3_600_000, afterMs: 500 },
  { endingForMs: 0, afterMs: 500 },
  { endingForMs: 8_000, afterMs: 2_000 },
  { endingForMs: 86_400_000, afterMs: 10_000 },
]
for (const { endingForMs, afterMs } of rechecks) {
  test(`content that remains after ${endingForMs} ms is looked at again after ${afterMs} ms`, () => {
    assert.equal(recheckAfterMs(endingForMs), afterMs)
  })
}
