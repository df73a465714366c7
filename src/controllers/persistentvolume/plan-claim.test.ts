import assert from "node:assert/strict"
import { test } from "node:test"
import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { boundClaim, claimStatus } from "./bind.ts"
import { type ClaimStep, type ClaimWorld, planClaim } from "./plan-claim.ts"
import { claim, storageClass, toClaim, volume } from "./testing.ts"

const DONE = { "pv.kubernetes.io/bind-completed": "yes" }
const fast = { storageClassName: "fast" }
const delayed = { storageClass: storageClass("example.com/disk", "WaitForFirstConsumer") }
const waiting =
  "Waiting for a volume to be created either by the external provisioner 'example.com/disk' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered."

interface Case {
  readonly name: string
  readonly claim: PersistentVolumeClaim
  readonly volumes?: readonly PersistentVolume[]
  readonly world?: Partial<ClaimWorld>
  readonly steps: readonly string[]
}
const cases: readonly Case[] = [
  {
    name: "nothing there and no class",
    claim: claim(),
    steps: [
      "Normal FailedBinding no persistent volumes available for this claim and no storage class is set",
      "Pending",
    ],
  },
  { name: "a volume that fits", claim: claim(), volumes: [volume("a")], steps: ["bind a"] },
  {
    name: "a volume that can be used in fewer ways comes first",
    claim: claim(),
    volumes: [volume("all", { spec: { accessModes: ["ReadWriteMany", "ReadWriteOnce"] } }), volume("one")],
    steps: ["bind one"],
  },
  {
    name: "a default class that came later",
    claim: claim(),
    world: { defaultClass: () => "fast" },
    steps: ["class fast"],
  },
  {
    name: "the empty class is an answer",
    claim: claim({ spec: { storageClassName: "" } }),
    world: { defaultClass: () => "fast" },
    steps: [
      "Normal FailedBinding no persistent volumes available for this claim and no storage class is set",
      "Pending",
    ],
  },
  {
    name: "a class that is not there",
    claim: claim({ spec: fast }),
    steps: ['Warning ProvisioningFailed storageclass.storage.k8s.io "fast" not found'],
  },
  {
    name: "a class without provisioner",
    claim: claim({ spec: fast }),
    world: { storageClass: storageClass("kubernetes.io/no-provisioner") },
    steps: ["Warning ProvisioningFailed no volume plugin matched name: kubernetes.io/no-provisioner"],
  },
  {
    name: "a class with a provisioner",
    claim: claim({ spec: fast }),
    world: { storageClass: storageClass("example.com/disk") },
    steps: ["ask example.com/disk"],
  },
  {
    name: "a class whose provisioner is a CSI driver by now",
    claim: claim({ spec: fast }),
    world: { storageClass: storageClass("kubernetes.io/aws-ebs") },
    steps: ["ask ebs.csi.aws.com"],
  },
  {
    name: "a provisioner that was asked",
    claim: claim({ spec: fast, annotations: { "volume.kubernetes.io/storage-provisioner": "example.com/disk" } }),
    world: { storageClass: storageClass("example.com/disk") },
    steps: [`Normal ExternalProvisioning ${waiting}`],
  },
  {
    name: "the first consumer is waited for, although a volume is free",
    claim: claim({ spec: fast }),
    volumes: [volume("a", { spec: fast })],
    world: delayed,
    steps: ["Normal WaitForFirstConsumer waiting for first consumer to be created before binding", "Pending"],
  },
  {
    name: "a consumer without node",
    claim: claim({ spec: fast }),
    world: { ...delayed, waitingPods: () => ["p"] },
    steps: ["Normal WaitForPodScheduled waiting for pod p to be scheduled", "Pending"],
  },
  {
    name: "consumers without node",
    claim: claim({ spec: fast }),
    world: { ...delayed, waitingPods: () => ["p", "q"] },
    steps: ["Normal WaitForPodScheduled waiting for pods p,q to be scheduled", "Pending"],
  },
  {
    name: "a consumer with a node",
    claim: claim({ spec: fast, annotations: { "volume.kubernetes.io/selected-node": "n1" } }),
    world: delayed,
    steps: ["ask example.com/disk"],
  },
  {
    name: "the scheduler has chosen a volume",
    claim: claim({ spec: fast }),
    volumes: [volume("a", { spec: { ...fast, claimRef: toClaim } })],
    world: delayed,
    steps: ["bind a"],
  },
  { name: "the volume asked for is not there", claim: claim({ spec: { volumeName: "a" } }), steps: ["Pending"] },
  {
    name: "the volume asked for is free",
    claim: claim({ spec: { volumeName: "a" } }),
    volumes: [volume("a")],
    steps: ["bind a"],
  },
  {
    name: "the volume asked for is too small",
    claim: claim({ spec: { volumeName: "a" } }),
    volumes: [volume("a", { spec: { capacity: { storage: "1Mi" } } })],
    steps: ['Warning VolumeMismatch Cannot bind to requested volume "a": requested PV is too small', "Pending"],
  },
  {
    name: "the volume asked for is another's",
    claim: claim({ spec: { volumeName: "a" } }),
    volumes: [volume("a", { spec: { claimRef: { ...toClaim, name: "other" } } })],
    steps: ['Warning FailedBinding volume "a" already bound to a different claim.', "Pending"],
  },
  {
    name: "the volume asked for is another's, though we asked",
    claim: claim({ spec: { volumeName: "a" }, annotations: { "pv.kubernetes.io/bound-by-controller": "yes" } }),
    volumes: [volume("a", { spec: { claimRef: { ...toClaim, name: "other" } } })],
    steps: [
      'Warning FailedBinding volume "a" already bound to a different claim.',
      'fail invalid binding of claim "n/c" to volume "a": volume already claimed by "n/other"',
    ],
  },
  {
    name: "a bound claim without name",
    claim: claim({ annotations: DONE }),
    steps: ["Lost: Warning ClaimLost Bound claim has lost reference to PersistentVolume. Data on the volume is lost!"],
  },
  {
    name: "a bound claim without volume",
    claim: claim({ annotations: DONE, spec: { volumeName: "a" } }),
    steps: ["Lost: Warning ClaimLost Bound claim has lost its PersistentVolume. Data on the volume is lost!"],
  },
  {
    name: "a bound claim whose volume is another's",
    claim: claim({ annotations: DONE, spec: { volumeName: "a" } }),
    volumes: [volume("a", { spec: { claimRef: { ...toClaim, uid: "c0" } } })],
    steps: ["Lost: Warning ClaimMisbound Two claims are bound to the same volume, this one is bound incorrectly"],
  },
  {
    name: "a bound claim whose volume lost the reference",
    claim: claim({ annotations: DONE, spec: { volumeName: "a" } }),
    volumes: [volume("a")],
    steps: ["bind a"],
  },
]

function describe(step: ClaimStep): string {
  switch (step.do) {
    case "bind":
      return `bind ${step.volume.metadata.name}`
    case "tell":
      return `${step.event.type} ${step.event.reason} ${step.event.message}`
    case "set-phase":
      return step.event === undefined ? step.phase : `${step.phase}: ${describe({ do: "tell", event: step.event })}`
    case "assign-class":
      return `class ${step.name}`
    case "ask-provisioner":
      return `ask ${step.provisioner}`
    case "fail":
      return `fail ${step.message}`
  }
}

for (const { name, claim: wanting, volumes = [], world, steps } of cases) {
  test(`a claim: ${name}`, () => {
    const planned = planClaim(wanting, {
      volumes,
      volumeNamed: (wanted) => volumes.find(({ metadata }) => metadata.name === wanted),
      storageClass: undefined,
      defaultClass: () => undefined,
      waitingPods: () => [],
      ...world,
    })
    assert.deepEqual(planned.map(describe), steps)
  })
}

test("a claim that gets its volume says so, once", () => {
  const bound = boundClaim(claim(), volume("a"))
  assert.ok(bound)
  assert.equal(bound.spec.volumeName, "a")
  assert.deepEqual(Object.keys(bound.metadata.annotations ?? {}).toSorted(), [
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
  ])
  assert.equal(boundClaim(bound, volume("a")), undefined)
  const asked = boundClaim(claim({ spec: { volumeName: "a" } }), volume("a"))
  assert.deepEqual(asked?.metadata.annotations, DONE)
})

test("the status tells what the volume gives, and the size only when it is new", () => {
  const given = claimStatus(claim(), "Bound", volume("a", { spec: { volumeAttributesClassName: "gold" } }))
  assert.deepEqual(given, {
    phase: "Bound",
    accessModes: ["ReadWriteOnce"],
    capacity: { storage: "1Gi" },
    currentVolumeAttributesClassName: "gold",
  })
  const bound = claim({ status: { phase: "Bound", accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" } } })
  assert.equal(claimStatus(bound, "Bound", volume("a", { spec: { capacity: { storage: "2Gi" } } })), undefined)
  assert.deepEqual(claimStatus(bound, "Lost"), { phase: "Lost" })
  assert.throws(() => claimStatus(claim(), "Bound", volume("a", { spec: { capacity: {} } })), {
    message: 'PersistentVolume "a" is without a storage capacity',
  })
})
