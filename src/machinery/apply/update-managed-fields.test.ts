import assert from "node:assert/strict"
import { test } from "node:test"
import { decodeValue } from "../decode/decode.ts"
import { applyDefaults } from "../defaulting/apply-defaults.ts"
import type { ManagedFieldsEntry } from "../meta/object-meta.ts"
import { App, app, REACH, REACH_OF_STATUS, T1, T2, T3 } from "./testing.ts"
import { type ManagedUpdate, type OwnedObject, updateManagedFields } from "./update-managed-fields.ts"

const make = (object: object) => applyDefaults(App, decodeValue(App, object)) as OwnedObject
const withOwners = (object: object, managedFields: readonly ManagedFieldsEntry[], uid = "u") => {
  const made = make(object)
  return { ...made, metadata: { ...made.metadata, uid, managedFields } }
}
const update = (request: Partial<ManagedUpdate> & { new: OwnedObject }) =>
  updateManagedFields({
    struct: App,
    old: undefined,
    manager: "m",
    subresource: "",
    reach: REACH,
    nowText: T1,
    ...request,
  })

const created = app(
  { containers: [{ name: "a", image: "1" }], strategy: { type: "x" } },
  { labels: { a: "b" }, uid: "u" },
)
const byCreator = update({ new: make(created), manager: "creator" })

test("a creator owns everything but what nobody owns", () => {
  assert.deepEqual(byCreator, [
    {
      manager: "creator",
      operation: "Update",
      apiVersion: "apps/v1",
      time: T1,
      fieldsType: "FieldsV1",
      fieldsV1: {
        "f:metadata": { "f:labels": { ".": {}, "f:a": {} } },
        "f:spec": {
          "f:containers": { 'k:{"name":"a"}': { ".": {}, "f:image": {}, "f:name": {} } },
          "f:replicas": {},
          "f:strategy": { ".": {}, "f:type": {} },
        },
      },
    },
  ])
})

test("who changes a field takes it, and the times tell who did something", () => {
  const old = withOwners(created, byCreator)
  const changed = { ...created, spec: { ...created.spec, strategy: { type: "y" }, paused: true } }
  const after = update({ old, new: make(changed), manager: "other", nowText: T2 })
  assert.deepEqual(
    after.map(({ manager, time, fieldsV1 }) => ({ manager, time, spec: fieldsV1?.["f:spec"] })),
    [
      {
        manager: "creator",
        time: T1,
        spec: {
          "f:containers": { 'k:{"name":"a"}': { ".": {}, "f:image": {}, "f:name": {} } },
          "f:replicas": {},
          "f:strategy": {},
        },
      },
      { manager: "other", time: T2, spec: { "f:paused": {}, "f:strategy": { "f:type": {} } } },
    ],
  )
})

test("an update without effect changes nothing", () => {
  const old = withOwners(created, byCreator)
  const after = update({ old, new: make(created), manager: "creator", nowText: T2 })
  assert.deepEqual(after, byCreator)
  assert.equal(after[0]?.fieldsV1, byCreator[0]?.fieldsV1)
})

test("what is removed has no owner, and an owner without fields vanishes", () => {
  const old = withOwners(created, byCreator)
  const bare = {
    ...created,
    metadata: { name: "web", namespace: "default", uid: "u" },
    spec: { containers: [], replicas: 1 },
  }
  const after = update({ old, new: make(bare), manager: "other", nowText: T2 })
  assert.deepEqual(
    after.map(({ manager, fieldsV1 }) => [manager, fieldsV1]),
    [["creator", { "f:spec": { "f:replicas": {} } }]],
  )
})

test("each side of the status subresource owns only what it can change", () => {
  const old = withOwners(created, byCreator)
  const changed = make({ ...created, spec: { ...created.spec, replicas: 5 }, status: { ready: 1 } })
  const status = { subresource: "status", reach: REACH_OF_STATUS }
  const byStatus = update({ old, new: changed, manager: "controller", ...status, nowText: T2 })
  assert.deepEqual(byStatus[0]?.fieldsV1, byCreator[0]?.fieldsV1)
  assert.deepEqual([byStatus[1]?.subresource, byStatus[1]?.fieldsV1], ["status", { "f:status": { "f:ready": {} } }])
  const byMain = update({ old, new: changed, manager: "controller", nowText: T2 })
  assert.deepEqual(byMain[1]?.fieldsV1, { "f:spec": { "f:replicas": {} } })
})

test("one empty entry forgets the owners, nonsense keeps them", () => {
  const old = withOwners(created, byCreator)
  assert.deepEqual(update({ old, new: withOwners(created, [{}]) }), [])
  assert.deepEqual(update({ old, new: withOwners(created, [{ operation: "X" }]) }), byCreator)
  assert.deepEqual(update({ old, new: make(created) }), byCreator)
})

test("an object that was never tracked stays so", () => {
  const old = withOwners(created, [])
  assert.deepEqual(update({ old, new: make({ ...created, spec: {} }) }), [])
})

test("an eleventh updater unites the two oldest", () => {
  let object = withOwners(created, byCreator)
  for (let i = 0; i < 10; i++) {
    const next = make(
      app(
        { ...created.spec, nodeSelector: {}, [i % 2 ? "paused" : "hosts"]: i % 2 ? true : [`h${i}`] },
        { labels: { a: "b", [`l${i}`]: "x" }, uid: "u" },
      ),
    )
    const merged = {
      ...next,
      metadata: { ...next.metadata, labels: { ...object.metadata.labels, ...next.metadata?.labels } },
    }
    const managedFields = update({ old: object, new: merged, manager: `m${i}`, nowText: i === 0 ? T2 : T3 })
    object = withOwners(merged, managedFields)
  }
  const owners = object.metadata.managedFields ?? []
  assert.deepEqual(owners.map(({ manager }) => manager).sort(), [
    "ancient-changes",
    "m1",
    "m2",
    "m3",
    "m4",
    "m5",
    "m6",
    "m7",
    "m8",
    "m9",
  ])
  assert.equal(owners[0]?.manager, "ancient-changes")
  assert.equal(owners[0]?.time, T2)
})
