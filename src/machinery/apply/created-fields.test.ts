import assert from "node:assert/strict"
import { test } from "node:test"
import { decodeValue } from "../decode/decode.ts"
import { applyDefaults } from "../defaulting/apply-defaults.ts"
import { createdFields } from "./created-fields.ts"
import { ItemError } from "./merge-type.ts"
import { encodeOwners } from "./owners.ts"
import { App, app, REACH, T1 } from "./testing.ts"
import { type OwnedObject, ownersAfterUpdate } from "./update-managed-fields.ts"

/** The slow way: a comparison with the empty object. */
function compared(object: OwnedObject): string | undefined {
  const update = { struct: App, old: undefined, new: object, manager: "m", subresource: "", reach: REACH, nowText: T1 }
  const [owner] = encodeOwners(ownersAfterUpdate(update, new Map()))
  return owner && JSON.stringify(owner.fieldsV1)
}

const named = (name: string, more: object = {}) => ({ name, ...more })
const objects: readonly { readonly name: string; readonly object: object }[] = [
  { name: "nothing but what nobody owns", object: app({}, { uid: "u", generation: 1 }) },
  { name: "no metadata", object: { apiVersion: "apps/v1", kind: "App" } },
  { name: "labels in any order, and strange ones", object: app({}, { labels: { b: "", a: "1", ["__proto__"]: "x" } }) },
  {
    name: "owners and finalizers",
    object: app({}, { ownerReferences: [{ uid: "2" }, { uid: "1" }], finalizers: ["b/c", "a/b"] }),
  },
  {
    name: "empty structs, lists and maps",
    object: app({ selector: {}, strategy: {}, volumes: [], hosts: [], nodeSelector: {} }),
  },
  {
    name: "items out of order",
    object: app({ volumes: ["b", "a c", "a", "a-c", 'q"', "é", "<"].map((name) => named(name)) }),
  },
  {
    name: "items that cannot be told apart",
    object: app({ volumes: [named("a", { path: "/" }), named("b"), named("a")] }),
  },
  {
    name: "items with several keys",
    object: app({ containers: [named("c", { ports: [{ port: 80 }, { port: 9, protocol: "UDP" }, { port: 9 }] })] }),
  },
  { name: "a set", object: app({ hosts: ["b", "a", "b"] }) },
  { name: "values owned as one", object: app({ raw: { a: { b: 1 } }, nodeSelector: { z: "1", a: "2" } }) },
  { name: "a status", object: { ...app({ replicas: 0, paused: false }), status: { ready: 3 } } },
]
for (const { name, object } of objects) {
  test(`as by comparison: ${name}`, () => {
    const made = applyDefaults(App, decodeValue(App, object)) as OwnedObject
    const fields = createdFields(App, made, REACH.resetMembers)
    assert.equal(fields, compared(made))
  })
}

test("an item that cannot be named spoils it all", () => {
  const object = decodeValue(App, app({ volumes: [{ path: "/" }] }))
  assert.throws(() => createdFields(App, object as object, new Set()), ItemError)
})
