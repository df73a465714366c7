import assert from "node:assert/strict"
import { test } from "node:test"
import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { pod } from "../testing.ts"
import { CLAIM_FINALIZER, isClassUsed, isHeld, released } from "./plan.ts"

const claim = (name: string, parts: object = {}) =>
  ({ metadata: { name, namespace: "default" }, spec: {}, status: {}, ...parts }) as unknown as PersistentVolumeClaim
const going = { deletionTimestamp: "2026-01-01T00:00:00Z" }
test("a finalizer goes only from what is being deleted and not in use", () => {
  const object = (metadata: object) =>
    claim("c", { metadata: { name: "c", finalizers: [CLAIM_FINALIZER, "example.com/own"], ...metadata } })
  assert.equal(released(object({}), CLAIM_FINALIZER, false), undefined)
  assert.equal(released(object(going), CLAIM_FINALIZER, true), undefined)
  assert.deepEqual(released(object(going), CLAIM_FINALIZER, false), ["example.com/own"])
  assert.equal(released(object(going), "kubernetes.io/pv-protection", false), undefined)
})

test("a claim is held by pods on a node that have not ended", () => {
  assert.equal(isHeld([]), false)
  assert.equal(isHeld([pod("p", { spec: { nodeName: "n1" } })]), true)
  assert.equal(isHeld([pod("p", { spec: { nodeName: "n1" }, status: { phase: "Succeeded" } })]), false)
  assert.equal(isHeld([pod("p")]), false)
})

test("an attributes class is used by claims that have it or go to it, and by volumes", () => {
  const volume = { spec: { volumeAttributesClassName: "gold" } } as unknown as PersistentVolume
  assert.equal(isClassUsed("gold", [], []), false)
  assert.equal(isClassUsed("gold", [], [volume]), true)
  for (const parts of [
    { spec: { volumeAttributesClassName: "gold" } },
    { status: { currentVolumeAttributesClassName: "gold" } },
    { status: { modifyVolumeStatus: { targetVolumeAttributesClassName: "gold" } } },
  ]) {
    assert.equal(isClassUsed("gold", [claim("c", parts)], []), true)
  }
})
