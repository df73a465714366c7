import assert from "node:assert/strict"
import { test } from "node:test"
import { ReplicaSet } from "../../api/apps/v1/replica-set.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { pod, replicaSet } from "../testing.ts"
import { OwnershipGraph } from "./graph.ts"
import { type OwnerState, plan } from "./plan.ts"

const at = "2026-01-01T00:00:00Z"
const ownedBy = (...uids: string[]) => ({
  metadata: {
    ownerReferences: uids.map((uid) => ({
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      name: uid,
      uid,
      blockOwnerDeletion: true,
    })),
  },
})
const placedPod = (name: string, parts = {}) => ({ resource: Pod, object: pod(name, parts) })
const going = (...finalizers: string[]) => ({
  resource: ReplicaSet,
  object: replicaSet("owner", "v1", 1, 1, { metadata: { deletionTimestamp: at, finalizers } }),
})

function told(
  target: Parameters<typeof plan>[0],
  dependents: Parameters<typeof plan>[1] = [],
  states: Readonly<Record<string, OwnerState>> = {},
): string[] {
  return plan(target, dependents, ({ uid }) => states[uid] ?? "gone").map((step) => {
    const { name } = step.target.object.metadata
    switch (step.do) {
      case "delete":
        return `delete ${name} ${step.policy}`
      case "dropOwners":
        return `drop ${step.uids.join(",")} of ${name}`
      case "dropFinalizer":
        return `drop ${step.finalizer} of ${name}`
      case "unblockOwners":
        return `unblock owners of ${name}`
    }
  })
}

test("an object without owners stays", () => assert.deepEqual(told(placedPod("a")), []))
test("an object of a present owner stays", () =>
  assert.deepEqual(told(placedPod("a", ownedBy("x")), [], { x: "present" }), []))
test("an object whose last owner is gone goes", () =>
  assert.deepEqual(told(placedPod("a", ownedBy("x", "y"))), ["delete a Background"]))
test("an object with one owner left only loses the others", () => {
  assert.deepEqual(told(placedPod("a", ownedBy("x", "y", "z")), [], { x: "present", z: "waiting" }), ["drop y,z of a"])
})
test("an object with dependents goes in the foreground when its owner waits", () => {
  assert.deepEqual(told(placedPod("a", ownedBy("x")), [placedPod("b")], { x: "waiting" }), ["delete a Foreground"])
})
test("a circle of owners is broken where its first object is met again", () => {
  const steps = told(placedPod("c", ownedBy("b")), [going("foregroundDeletion")], { b: "waiting" })
  assert.deepEqual(steps, ["unblock owners of c", "delete c Foreground"])
})
test("orphaning first lets the dependents go, then the object", () => {
  assert.deepEqual(told(going("orphan"), [placedPod("a", ownedBy("uid-owner"))]), ["drop uid-owner of a"])
  assert.deepEqual(told(going("orphan")), ["drop orphan of owner"])
})
test("foreground deletion waits for the dependents that block it", () => {
  const blocking = placedPod("a", ownedBy("uid-owner"))
  assert.deepEqual(told(going("foregroundDeletion"), [blocking]), [])
  assert.deepEqual(told(blocking, [], { "uid-owner": "waiting" }), ["delete a Background"])
  assert.deepEqual(told(going("foregroundDeletion"), [placedPod("a")]), ["drop foregroundDeletion of owner"])
  assert.deepEqual(told(going("foregroundDeletion")), ["drop foregroundDeletion of owner"])
})
test("a dependent of an owner that waits stays when it has another owner", () => {
  const shared = placedPod("a", ownedBy("uid-owner", "other"))
  assert.deepEqual(told(shared, [], { "uid-owner": "waiting", other: "present" }), ["drop uid-owner of a"])
})
test("an object that already goes is left to whoever ends it", () => {
  assert.deepEqual(told(placedPod("a", { metadata: { ...ownedBy("x").metadata, deletionTimestamp: at } })), [])
})

test("the graph follows owner references as they change", () => {
  const graph = new OwnershipGraph()
  const names = (uid: string) => Array.from(graph.dependentsOf(uid), ({ object }) => object.metadata.name)
  graph.put(Pod, pod("a", ownedBy("x", "y")))
  graph.put(Pod, pod("b", ownedBy("x")))
  assert.deepEqual([names("x"), names("y")], [["a", "b"], ["a"]])
  graph.put(Pod, pod("a", ownedBy("y")))
  graph.remove("uid-b")
  assert.deepEqual([names("x"), names("y")], [[], ["a"]])
})
