import assert from "node:assert/strict"
import { test } from "node:test"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { statefulSet } from "../testing.ts"
import { isStale, wantedOwners } from "./claims.ts"

const SET = { apiVersion: "apps/v1", kind: "StatefulSet", name: "db", uid: "uid-db", controller: true }
const pod = (ordinal: number) => ({ name: `db-${ordinal}`, ordinal, uid: `uid-db-${ordinal}` })
const POD = (ordinal: number, uid = `uid-db-${ordinal}`) => ({
  apiVersion: "v1",
  kind: "Pod",
  name: `db-${ordinal}`,
  uid,
  controller: true,
})
const OTHER = { apiVersion: "example.com/v1", kind: "Backup", name: "b", uid: "uid-b" }
const policy = (whenDeleted: string, whenScaled: string) =>
  statefulSet(1, { spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled } } })
const claim = (...ownerReferences: readonly object[]) =>
  ({ metadata: { name: "data-db-0", namespace: "default", ownerReferences } }) as unknown as PersistentVolumeClaim

const [KEEP, WITH_SET, WITH_POD, WITH_BOTH] = [
  policy("Retain", "Retain"),
  policy("Delete", "Retain"),
  policy("Retain", "Delete"),
  policy("Delete", "Delete"),
]
/** Number 0 is wanted, number 1 is not. */
const cases = [
  { name: "kept by default", set: statefulSet(1), ordinal: 1, owners: [], want: undefined },
  { name: "kept again after the policy changed", set: KEEP, ordinal: 0, owners: [SET], want: [] },
  { name: "with the set", set: WITH_SET, ordinal: 0, owners: [], want: ["db"] },
  { name: "with the set, whatever its size", set: WITH_SET, ordinal: 1, owners: [SET], want: undefined },
  { name: "when scaled down only", set: WITH_POD, ordinal: 0, owners: [], want: undefined },
  { name: "with the pod that is scaled away", set: WITH_POD, ordinal: 1, owners: [], want: ["db-1"] },
  { name: "not with the pod that is wanted again", set: WITH_POD, ordinal: 0, owners: [POD(0)], want: [] },
  { name: "with either", set: WITH_BOTH, ordinal: 0, owners: [], want: ["db"] },
  { name: "with the pod instead of the set", set: WITH_BOTH, ordinal: 1, owners: [SET], want: ["db-1"] },
  { name: "beside other owners", set: WITH_SET, ordinal: 0, owners: [OTHER], want: ["b", "db"] },
  {
    name: "not against another controller",
    set: WITH_SET,
    ordinal: 0,
    owners: [{ ...OTHER, controller: true }, SET],
    want: ["b"],
  },
  { name: "of an earlier set: left alone", set: KEEP, ordinal: 0, owners: [{ ...SET, uid: "old" }], want: undefined },
  {
    name: "owned but not controlled: put right",
    set: WITH_SET,
    ordinal: 0,
    owners: [{ ...SET, controller: false }],
    want: ["db"],
  },
]
for (const { name, set, ordinal, owners, want } of cases) {
  test(`a claim goes ${name}`, () => {
    const found = wantedOwners(claim(...owners), set, pod(ordinal))
    assert.deepEqual(
      found?.map((reference) => reference.name),
      want,
    )
    assert.ok(found?.every(({ controller, name: owner }) => controller === true || owner === "b") ?? true)
  })
}

test("a claim that waits to go with an earlier pod holds up the next one", () => {
  const next = { name: "db-0", ordinal: 0 }
  assert.equal(isStale(claim(POD(0, "earlier")), WITH_POD, next), true)
  assert.equal(isStale(claim(POD(0, "earlier")), KEEP, next), false)
  assert.equal(isStale(claim(SET), WITH_POD, next), false)
})
