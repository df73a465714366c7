import assert from "node:assert/strict"
import { test } from "node:test"
import type { Node } from "../../api/core/v1/node.ts"
import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import type { StorageClass } from "../../api/storage/v1/storage-class.ts"
import { node } from "../testing.ts"
import { planModify } from "./modify.ts"
import { planClaim, planVolume } from "./plan.ts"
import { planResize, resizedStatus } from "./resize.ts"
import { folderName, folderOf, volumeFor } from "./volume.ts"

const OURS = "local.gantry.dev"
const ASKED = { "volume.kubernetes.io/storage-provisioner": OURS }
const CHOSEN = { ...ASKED, "volume.kubernetes.io/selected-node": "b" }
const FINALIZER = "external-provisioner.volume.kubernetes.io/finalizer"

const storageClass = (more: object = {}): StorageClass =>
  ({ metadata: { name: "local" }, provisioner: OURS, volumeBindingMode: "WaitForFirstConsumer", ...more }) as never
const immediate = storageClass({ volumeBindingMode: "Immediate" })
const ready = (name: string, spec: object = {}, labels: Record<string, string> = {}): Node =>
  node(name, { spec, metadata: { labels }, status: { conditions: [{ type: "Ready", status: "True" }] } })
const nodes = [ready("a"), ready("b")]
const claim = (annotations: object, spec: object = {}, more: object = {}): PersistentVolumeClaim =>
  ({
    metadata: { namespace: "n", name: "c", uid: "u", resourceVersion: "1", annotations },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
    status: { phase: "Pending" },
    ...more,
  }) as never

const claims: readonly [string, PersistentVolumeClaim, StorageClass, readonly Node[], string | undefined][] = [
  ["nobody has asked", claim({}), immediate, nodes, undefined],
  ["another is asked", claim({ "volume.kubernetes.io/storage-provisioner": "x" }), immediate, nodes, undefined],
  ["the class is another's by now", claim(ASKED), storageClass({ provisioner: "x" }), nodes, undefined],
  ["it has a volume", claim(CHOSEN, { volumeName: "v" }), storageClass(), nodes, undefined],
  ["no node is chosen yet", claim(ASKED), storageClass(), nodes, undefined],
  ["a node is chosen", claim(CHOSEN), storageClass(), nodes, "provision b"],
  ["the chosen node has gone", claim(CHOSEN), storageClass(), [ready("a")], "reschedule"],
  ["any node will do, so the emptier one", claim(ASKED), immediate, nodes, "provision b"],
  ["no node takes pods", claim(ASKED), immediate, [ready("a", { unschedulable: true }), node("b")], "wait"],
  [
    "only some places are allowed",
    claim(ASKED),
    { ...immediate, allowedTopologies: [{ matchLabelExpressions: [{ key: "zone", values: ["z"] }] }] },
    [ready("a", {}, { zone: "z" }), ready("b")],
    "provision a",
  ],
  ["one pod only", claim(CHOSEN, { accessModes: ["ReadWriteOncePod"] }), storageClass(), nodes, "provision b"],
  ["many writers", claim(CHOSEN, { accessModes: ["ReadWriteMany"] }), storageClass(), nodes, "refuse"],
  ["many readers", claim(CHOSEN, { accessModes: ["ReadWriteOnce", "ReadOnlyMany"] }), storageClass(), nodes, "refuse"],
  ["a device", claim(CHOSEN, { volumeMode: "Block" }), storageClass(), nodes, "refuse"],
  ["labels", claim(CHOSEN, { selector: {} }), storageClass(), nodes, "refuse"],
  ["a snapshot", claim(CHOSEN, { dataSource: { kind: "VolumeSnapshot", name: "s" } }), storageClass(), nodes, "refuse"],
  ["a parameter", claim(CHOSEN), storageClass({ parameters: { path: "/" } }), nodes, "refuse"],
]
for (const [name, of, from, there, expected] of claims) {
  test(`a claim: ${name}`, () => {
    const volumesOn = (one: string) => (one === "a" ? 3 : 1)
    const node = (one: string) => there.find(({ metadata }) => metadata.name === one)
    const step = planClaim(of, { storageClass: from, node, nodes: () => there, volumesOn })
    assert.equal(step?.do === "provision" ? `provision ${step.node.metadata.name}` : step?.do, expected)
  })
}

const volume = (phase: string, policy: string, metadata: object = {}): PersistentVolume =>
  ({
    metadata: {
      name: "pvc-u",
      annotations: { "pv.kubernetes.io/provisioned-by": OURS, "local.gantry.dev/node": "a" },
      finalizers: [FINALIZER],
      ...metadata,
    },
    spec: { persistentVolumeReclaimPolicy: policy, capacity: { storage: "1Gi" } },
    status: { phase },
  }) as never
const going = { deletionTimestamp: "2026-01-01T00:00:00Z" }

const volumes: readonly [string, PersistentVolume, string | undefined][] = [
  ["another's", volume("Released", "Delete", { annotations: {} }), undefined],
  ["in use", volume("Bound", "Delete"), undefined],
  ["in use, and to go", volume("Bound", "Delete", going), undefined],
  ["in use, and nothing holds it", volume("Bound", "Delete", { finalizers: [] }), "hold"],
  ["released", volume("Released", "Delete"), "remove"],
  ["released and deleted", volume("Released", "Delete", going), "remove"],
  ["never used, and deleted", volume("Available", "Delete", going), "remove"],
  ["removed already", volume("Released", "Delete", { ...going, finalizers: ["other"] }), undefined],
  ["released, and to be kept", volume("Released", "Retain", { finalizers: [] }), undefined],
  ["to be kept since", volume("Bound", "Retain"), "let-go"],
]
for (const [name, of, expected] of volumes) {
  test(`a volume: ${name}`, () => assert.equal(planVolume(of)?.do, expected))
}

test("the volume says where its folder is", () => {
  const home = ready("a", {}, { "kubernetes.io/hostname": "host-a" })
  const of = claim(CHOSEN, { storageClassName: "local" })
  const { metadata, spec } = volumeFor(of, storageClass({ reclaimPolicy: "Retain" }), home, "/data/pvc-u_n_c")
  assert.equal(metadata?.name, "pvc-u")
  assert.equal(metadata?.finalizers, undefined)
  assert.deepEqual(spec?.nodeAffinity?.required?.nodeSelectorTerms, [
    { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: ["host-a"] }] },
  ])
  assert.equal(folderOf({ spec } as never), folderName(of))
})

test("a folder's name is short enough for the disk", () => {
  const long = { namespace: "n".repeat(63), name: "c".repeat(253), uid: "u".repeat(36) }
  assert.equal(folderName({ metadata: long } as never).length, 255)
})

test("a claim that grew has its size at once", () => {
  const claimRef = { namespace: "n", name: "c", uid: "u" }
  const of = { ...volume("Bound", "Delete"), spec: { ...volume("Bound", "Delete").spec, claimRef } }
  const grown = (storage: string, conditions?: object[]) =>
    claim(
      {},
      { resources: { requests: { storage } } },
      {
        status: { phase: "Bound", capacity: { storage: "1Gi" }, ...(conditions && { conditions }) },
      },
    )
  assert.equal(planResize(grown("1Gi"), of), undefined)
  assert.equal(planResize(grown("2Gi"), undefined), undefined)
  assert.deepEqual(planResize(grown("2Gi"), of), { volumeCapacity: "2Gi", claimCapacity: "2Gi" })
  const other = { type: "Other", status: "True" }
  assert.deepEqual(resizedStatus(grown("2Gi", [{ type: "Resizing", status: "True" }, other]), "2Gi"), {
    phase: "Bound",
    capacity: { storage: "2Gi" },
    conditions: [other],
  })
})

test("a claim that asks for attributes is told once that there are none", () => {
  const claimRef = { namespace: "n", name: "c", uid: "u" }
  const of = { ...volume("Bound", "Delete"), spec: { ...volume("Bound", "Delete").spec, claimRef } }
  const wanting = (status: object = {}) =>
    claim({}, { volumeAttributesClassName: "gold" }, { status: { phase: "Bound", ...status } })
  const told = { targetVolumeAttributesClassName: "gold", status: "Infeasible" }
  assert.deepEqual(planModify(wanting(), of), told)
  assert.equal(planModify(wanting({ modifyVolumeStatus: told }), of), undefined)
  assert.equal(planModify(wanting(), volume("Bound", "Delete")), undefined)
})
