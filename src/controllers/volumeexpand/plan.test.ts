import assert from "node:assert/strict"
import { test } from "node:test"
import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { hasGrown, waitsForExpansion } from "./plan.ts"

const claim = (storage: string, phase = "Bound"): PersistentVolumeClaim =>
  ({
    metadata: { name: "c", uid: "u" },
    spec: { resources: { requests: { storage } } },
    status: { phase, capacity: { storage: "1Gi" } },
  }) as never
const volume = (uid: string, provisioner?: string): PersistentVolume =>
  ({
    metadata: { annotations: provisioner === undefined ? {} : { "pv.kubernetes.io/provisioned-by": provisioner } },
    spec: { claimRef: { uid } },
  }) as never

test("a claim that asks for more than it has waits for whoever expands its volume", () => {
  assert.equal(waitsForExpansion(claim("2Gi"), volume("u")), true)
  assert.equal(waitsForExpansion(claim("2Gi"), volume("u", "csi.example.com")), true)
  assert.equal(waitsForExpansion(claim("1Gi"), volume("u")), false)
  assert.equal(waitsForExpansion(claim("2Gi"), volume("other")), false)
  assert.equal(waitsForExpansion(claim("2Gi"), undefined), false)
  assert.equal(waitsForExpansion(claim("2Gi"), volume("u", "local.gantry.dev")), false)
})

test("only bound claims that grow are looked at", () => {
  const update = (object: PersistentVolumeClaim) => hasGrown({ type: "updated", object, previous: claim("1Gi") })
  assert.deepEqual([update(claim("2Gi")), update(claim("1Gi")), update(claim("2Gi", "Pending"))], [true, false, false])
  assert.equal(hasGrown({ type: "added", object: claim("1Gi") }), true)
  assert.equal(hasGrown({ type: "deleted", object: claim("2Gi") }), false)
})
