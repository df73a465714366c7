import assert from "node:assert/strict"
import { test } from "node:test"
import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { planVolume, unbound } from "./plan-volume.ts"
import { claim, toClaim, volume } from "./testing.ts"

const OURS = { "pv.kubernetes.io/bound-by-controller": "yes" }
const MADE = { "pv.kubernetes.io/provisioned-by": "example.com/disk" }
const kept = (more: object = {}, annotations?: Record<string, string>) =>
  volume("a", { spec: { claimRef: toClaim, ...more }, ...(annotations && { annotations }), status: { phase: "Bound" } })
const removed = { persistentVolumeReclaimPolicy: "Delete" }

const cases: readonly [string, PersistentVolume, PersistentVolumeClaim | undefined, readonly string[]][] = [
  ["nobody's", volume("a"), undefined, ["Available"]],
  ["kept for a claim to come", volume("a", { spec: { claimRef: { name: "c" } } }), undefined, ["Available"]],
  ["its claim does not know of it yet", kept(), claim(), ["look-at-claim"]],
  [
    "its claim wants another mode",
    kept({ volumeMode: "Block" }),
    claim(),
    [
      'Cannot bind PersistentVolume to requested PersistentVolumeClaim "c" due to incompatible volumeMode.',
      'Cannot bind PersistentVolume "a" to requested PersistentVolumeClaim due to incompatible volumeMode.',
    ],
  ],
  ["its claim's", kept(), claim({ spec: { volumeName: "a" } }), ["Bound"]],
  ["its claim took another", kept(), claim({ spec: { volumeName: "b" } }), ["unbind"]],
  [
    "its claim took another, and it was made for it",
    kept(removed, MADE),
    claim({ spec: { volumeName: "b" } }),
    ["Released"],
  ],
  ["its claim has gone", kept(), undefined, ["Released"]],
  ["its claim has gone, and others remove it", kept(removed, MADE), undefined, ["Released"]],
  [
    "its claim has gone, and nobody removes it",
    kept({ ...removed, local: { path: "/data" } }),
    undefined,
    [
      "Released",
      'Failed: VolumeFailedDelete error getting deleter volume plugin for volume "a": no volume plugin matched',
    ],
  ],
  ["its claim has gone, and a driver removes it", kept({ ...removed, csi: {} }), undefined, ["Released"]],
  [
    "its claim has gone, and it is to be cleaned",
    kept({ persistentVolumeReclaimPolicy: "Recycle" }),
    undefined,
    ["Released", "Failed: VolumeFailedRecycle No recycler plugin found for the volume!"],
  ],
  [
    "its claim has gone, and what then is unknown",
    kept({ persistentVolumeReclaimPolicy: "Keep" }),
    undefined,
    ["Released", "Failed: VolumeUnknownReclaimPolicy Volume has unrecognized PersistentVolumeReclaimPolicy"],
  ],
]
for (const [name, of, with_, steps] of cases) {
  test(`a volume: ${name}`, () => {
    const planned = planVolume(of, with_).flatMap((step) => {
      if (step.do === "tell-mismatch") return [step.volume.message, step.claim.message]
      if (step.do !== "set-phase") return [step.do]
      return step.event === undefined ? [step.phase] : [`${step.phase}: ${step.event.reason} ${step.event.message}`]
    })
    assert.deepEqual(planned, steps)
  })
}

test("of a binding that is undone stays what a user has set", () => {
  assert.deepEqual(unbound(kept({}, OURS)).spec.claimRef, undefined)
  assert.deepEqual(unbound(kept({}, OURS)).metadata.annotations, {})
  assert.deepEqual(unbound(kept()).spec.claimRef, { namespace: "n", name: "c" })
})
