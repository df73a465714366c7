import assert from "node:assert/strict"
import { test } from "node:test"
import type { PersistentVolume } from "./persistent-volume.ts"
import type { PersistentVolumeClaim } from "./persistent-volume-claim.ts"
import { boundToClaim } from "./volume-binding.ts"
import { findMatchingVolume, type MatchOptions } from "./volume-matching.ts"

const claim = (spec: object = {}, metadata: object = {}) =>
  ({
    metadata: { namespace: "n", name: "c", uid: "u", resourceVersion: "7", ...metadata },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "5Gi" } }, ...spec },
    status: {},
  }) as unknown as PersistentVolumeClaim

const volume = (name: string, storage: string, spec: object = {}, more: object = {}) =>
  ({
    spec: { capacity: { storage }, accessModes: ["ReadWriteOnce"], volumeMode: "Filesystem", ...spec },
    status: { phase: "Available" },
    ...more,
    metadata: { name, ...("metadata" in more ? (more.metadata as object) : {}) },
  }) as unknown as PersistentVolume

const onNode = (hostname: string) => ({
  nodeAffinity: {
    required: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [hostname] }] },
      ],
    },
  },
})
const n1: MatchOptions = { node: { name: "n1", labels: { "kubernetes.io/hostname": "n1" } } }
const kept = { claimRef: { namespace: "n", name: "c" } }

const cases: readonly [
  string,
  PersistentVolumeClaim,
  readonly PersistentVolume[],
  string | undefined,
  MatchOptions?,
][] = [
  ["nothing is there", claim(), [], undefined],
  ["the smallest that fits", claim(), [volume("l", "9Gi"), volume("s", "1Gi"), volume("m", "6Gi")], "m"],
  ["the first of equals", claim(), [volume("a", "5Gi"), volume("b", "5Gi")], "a"],
  ["one kept for it before a smaller one", claim(), [volume("s", "5Gi"), volume("k", "9Gi", kept)], "k"],
  ["one kept for it that is too small", claim(), [volume("k", "1Gi", kept)], undefined],
  [
    "one kept for another claim of that name",
    claim(),
    [volume("k", "9Gi", { claimRef: { ...kept.claimRef, uid: "old" } })],
    undefined,
  ],
  ["one that is not free", claim(), [volume("r", "5Gi", {}, { status: { phase: "Released" } })], undefined],
  ["another class", claim({ storageClassName: "a" }), [volume("v", "5Gi", { storageClassName: "b" })], undefined],
  ["its class", claim({ storageClassName: "a" }), [volume("v", "5Gi", { storageClassName: "a" })], "v"],
  ["another mode", claim({ volumeMode: "Block" }), [volume("v", "5Gi")], undefined],
  ["other attributes", claim({ volumeAttributesClassName: "gold" }), [volume("v", "5Gi")], undefined],
  ["one that goes", claim(), [volume("v", "5Gi", {}, { metadata: { deletionTimestamp: "2026" } })], undefined],
  ["other labels", claim({ selector: { matchLabels: { a: "b" } } }), [volume("v", "5Gi")], undefined],
  [
    "its labels",
    claim({ selector: { matchLabels: { a: "b" } } }),
    [volume("v", "5Gi", {}, { metadata: { labels: { a: "b" } } })],
    "v",
  ],
  ["another node's", claim(), [volume("v", "5Gi", onNode("n2"))], undefined, n1],
  ["this node's", claim(), [volume("v", "5Gi", onNode("n2")), volume("w", "5Gi", onNode("n1"))], "w", n1],
  ["other access modes, on a node", claim({ accessModes: ["ReadWriteMany"] }), [volume("v", "5Gi")], undefined, n1],
  ["one that is taken", claim(), [volume("v", "5Gi")], undefined, { excluded: new Set(["v"]) }],
  ["a free one while the scheduler chooses", claim(), [volume("v", "5Gi")], undefined, { onlyPrebound: true }],
  ["a kept one while the scheduler chooses", claim(), [volume("k", "5Gi", kept)], "k", { onlyPrebound: true }],
  ["a kept one of another node", claim(), [volume("k", "5Gi", { ...kept, ...onNode("n2") })], undefined, n1],
]
for (const [name, wanted, volumes, expected, options] of cases) {
  test(`a claim and ${name}`, () => assert.equal(findMatchingVolume(wanted, volumes, options)?.metadata.name, expected))
}

test("binding says by whom", () => {
  const claimRef = { kind: "PersistentVolumeClaim", namespace: "n", name: "c", uid: "u", apiVersion: "v1" }
  const bound = { "pv.kubernetes.io/bound-by-controller": "yes" }
  const told = (of: ReturnType<typeof volume>) => {
    const { metadata, spec } = boundToClaim(of, claim())
    return { claimRef: spec.claimRef, annotations: metadata.annotations }
  }
  const complete = { ...claimRef, resourceVersion: "7" }
  assert.deepEqual(told(volume("v", "5Gi")), { claimRef: complete, annotations: bound })
  assert.deepEqual(told(volume("v", "5Gi", kept)), { claimRef: complete, annotations: undefined })
  const whole = volume("v", "5Gi", { claimRef })
  assert.equal(boundToClaim(whole, claim()), whole)
})
