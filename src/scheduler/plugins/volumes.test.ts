import assert from "node:assert/strict"
import { test } from "node:test"
import type { PluginFactory } from "../framework.ts"
import { cluster, node, pod } from "../testing.ts"
import { nodeVolumeLimits } from "./node-volume-limits.ts"
import { claim, claims, judgedBy, object, storageClass, volume } from "./testing.ts"
import { volumeBinding } from "./volume-binding/volume-binding.ts"
import { volumeRestrictions } from "./volume-restrictions.ts"
import { volumeZone } from "./volume-zone.ts"

const using = (...names: readonly string[]) => pod("new", { volumes: claims(...names) })
const ZONE = "topology.kubernetes.io/zone"
const OLD_ZONE = "failure-domain.beta.kubernetes.io/zone"
const inZone = (name: string, zone: string) => node(name, { labels: { [ZONE]: zone } })

interface Case {
  readonly name: string
  readonly pod: ReturnType<typeof pod>
  readonly nodes?: readonly ReturnType<typeof node>[]
  readonly others?: readonly ReturnType<typeof pod>[]
  /** Pods that are thought away. */
  readonly without?: readonly ReturnType<typeof pod>[]
  readonly objects?: readonly unknown[]
  readonly want: string
}

function check(plugin: PluginFactory<never>, cases: readonly Case[]): void {
  for (const { name, pod: tried, nodes = [node("n1"), node("n2")], others = [], objects, without, want } of cases) {
    test(name, () => assert.equal(judgedBy(plugin, tried, cluster(nodes, others), objects, without), want))
  }
}

const NOT_FOUND = 'persistentvolumeclaim "data" not found'
const AFFINITY = "node(s) didn't match PersistentVolume's node affinity"
const NO_VOLUME = "node(s) didn't find available persistent volumes to bind"
const NO_ROOM = "node(s) did not have enough free storage"
const IN_USE =
  "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"

const exclusive = claim("data", { accessModes: ["ReadWriteOncePod"] })
const user = pod("user", { nodeName: "n1", volumes: claims("data") })
const disk = (readOnly: boolean) =>
  pod("disk", { nodeName: "n1", volumes: [{ name: "d", gcePersistentDisk: { pdName: "d", readOnly } }] as never })

check(volumeRestrictions, [
  { name: "a pod without volumes is not restricted", pod: pod("new"), want: "does not care" },
  { name: "a claim that is not there", pod: using("data"), want: NOT_FOUND },
  {
    name: "one pod at a time",
    pod: using("data"),
    others: [user],
    objects: [exclusive],
    want: `n1: ${IN_USE}; n2: ${IN_USE}`,
  },
  {
    name: "the place of the one pod, when it leaves",
    pod: using("data"),
    others: [user],
    without: [user],
    objects: [exclusive],
    want: "n1; n2",
  },
  { name: "a claim that nobody uses yet", pod: using("data"), objects: [exclusive], want: "does not care" },
  {
    name: "a disk that another pod writes",
    pod: disk(true),
    others: [pod("other", { nodeName: "n1", volumes: disk(false).spec.volumes as never })],
    want: "n1: node(s) had no available disk; n2",
  },
  {
    name: "a disk that both only read",
    pod: disk(true),
    others: [pod("other", { nodeName: "n1", volumes: disk(true).spec.volumes as never })],
    want: "n1; n2",
  },
])

const zoned = (label: string, zones: string) => [
  claim("data", { volumeName: "v" }),
  volume("v", { labels: { [label]: zones } }),
]

check(volumeZone, [
  {
    name: "the zone of the volume",
    pod: using("data"),
    nodes: [inZone("n1", "a"), inZone("n2", "b"), node("n3")],
    objects: zoned(ZONE, "a"),
    want: "n1; n2: node(s) had no available volume zone; n3",
  },
  {
    name: "one of several zones, by the old name",
    pod: using("data"),
    nodes: [inZone("n1", "a"), inZone("n2", "b"), inZone("n3", "c")],
    objects: zoned(OLD_ZONE, "a__b"),
    want: "n1; n2; n3: node(s) had no available volume zone",
  },
  {
    name: "a claim that waits for a node has no zone yet",
    pod: using("data"),
    objects: [claim("data", { storageClassName: "disk" }), storageClass("disk")],
    want: "does not care",
  },
  {
    name: "a claim that is not bound",
    pod: using("data"),
    objects: [claim("data", { storageClassName: "disk" }), storageClass("disk", { volumeBindingMode: "Immediate" })],
    want: "PersistentVolume had no name",
  },
  {
    name: "a claim whose class is not there",
    pod: using("data"),
    objects: [claim("data", { storageClassName: "disk" })],
    want: 'storageclass.storage.k8s.io "disk" not found',
  },
])

const csi = (name: string) => volume(name, { spec: { csi: { driver: "disk", volumeHandle: name } } })
const limit = (count: number) =>
  object("CSINode", "n1", { spec: { drivers: [{ name: "disk", allocatable: { count } }] } })
const boundTo = (name: string) => claim(name, { volumeName: `v-${name}` })
const attachment = object("VolumeAttachment", "x", {
  spec: { attacher: "disk", nodeName: "n1", source: { persistentVolumeName: "v-c" } },
})
const volumesOfDriver = [boundTo("a"), boundTo("b"), boundTo("c"), csi("v-a"), csi("v-b"), csi("v-c")]
const EXCEEDED = "node(s) exceed max volume count"

check(nodeVolumeLimits, [
  {
    name: "as many volumes as the driver can attach",
    pod: using("b"),
    others: [pod("old", { nodeName: "n1", volumes: claims("a") })],
    objects: [...volumesOfDriver, limit(1)],
    want: `n1: ${EXCEEDED}; n2`,
  },
  {
    name: "a volume that is there already counts once",
    pod: using("a"),
    others: [pod("old", { nodeName: "n1", volumes: claims("a") })],
    objects: [...volumesOfDriver, limit(1)],
    want: "n1; n2",
  },
  {
    name: "volumes that are attached without a pod count too",
    pod: using("b"),
    objects: [...volumesOfDriver, attachment, limit(1)],
    want: `n1: ${EXCEEDED}; n2`,
  },
  {
    name: "volumes that are still to be made count too",
    pod: pod("new", { volumes: claims("x", "y") }),
    objects: [
      claim("x", { storageClassName: "s" }),
      claim("y", { storageClassName: "s" }),
      storageClass("s", { provisioner: "disk" }),
      limit(1),
    ],
    want: `n1: ${EXCEEDED}; n2`,
  },
])

const waiting = claim("data", { storageClassName: "disk" })
const byHand = storageClass("disk", { provisioner: "kubernetes.io/no-provisioner" })
const ofClass = (name: string, size: string, on: string) =>
  volume(name, { size, on, spec: { storageClassName: "disk" } })
const tells = object("CSIDriver", "example.com/disk", { spec: { storageCapacity: true } })
const left = (nodeName: string, parts: object) =>
  object("CSIStorageCapacity", `left-${nodeName}`, {
    storageClassName: "disk",
    nodeTopology: { matchLabels: { "kubernetes.io/hostname": nodeName } },
    ...parts,
  })
const ephemeral = pod("new", { volumes: [{ name: "tmp", ephemeral: {} }] as never })

check(volumeBinding, [
  { name: "a pod without claims needs no volumes", pod: pod("new"), want: "does not care" },
  { name: "no volume without claim", pod: using("data"), want: NOT_FOUND },
  {
    name: "the claim of an ephemeral volume is still to be made",
    pod: ephemeral,
    want: 'waiting for ephemeral volume controller to create the persistentvolumeclaim "new-tmp"',
  },
  {
    name: "the claim of an ephemeral volume is somebody else's",
    pod: ephemeral,
    objects: [claim("new-tmp")],
    want: "PVC default/new-tmp was not created for pod default/new (pod is not owner)",
  },
  {
    name: "a claim that has lost its volume",
    pod: using("data"),
    objects: [claim("data", { volumeName: "gone", phase: "Lost" })],
    want: 'persistentvolumeclaim "data" bound to non-existent persistentvolume "gone"',
  },
  {
    name: "a claim that is going",
    pod: using("data"),
    objects: [claim("data", { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } })],
    want: 'persistentvolumeclaim "data" is being deleted',
  },
  {
    name: "a claim that the binder has to bind",
    pod: using("data"),
    objects: [claim("data")],
    want: "pod has unbound immediate PersistentVolumeClaims",
  },
  {
    name: "where the bound volume is",
    pod: using("data"),
    objects: [claim("data", { volumeName: "v" }), volume("v", { on: "n2" })],
    want: `n1: ${AFFINITY}; n2`,
  },
  {
    name: "a bound volume that is not there",
    pod: using("data"),
    nodes: [node("n1")],
    objects: [claim("data", { volumeName: "v" })],
    want: "n1: node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
  },
  {
    name: "where there is a free volume",
    pod: using("data"),
    objects: [waiting, byHand, ofClass("v", "1Gi", "n2")],
    want: `n1: ${NO_VOLUME}; n2`,
  },
  {
    name: "a volume for each claim, the small one for the small claim",
    pod: using("large", "small"),
    objects: [
      claim("large", { storageClassName: "disk", size: "5Gi" }),
      claim("small", { storageClassName: "disk" }),
      byHand,
      ...["n1", "n2"].map((on) => ofClass(`large-${on}`, "5Gi", on)),
      ofClass("small-n2", "1Gi", "n2"),
    ],
    want: `n1: ${NO_VOLUME}; n2`,
  },
  {
    name: "anywhere, when volumes can be made",
    pod: using("data"),
    objects: [waiting, storageClass("disk")],
    want: "n1; n2",
  },
  {
    name: "where volumes can be made",
    pod: using("data"),
    nodes: [inZone("n1", "a"), inZone("n2", "b")],
    objects: [
      waiting,
      storageClass("disk", { allowedTopologies: [{ matchLabelExpressions: [{ key: ZONE, values: ["b"] }] }] }),
    ],
    want: `n1: ${NO_VOLUME}; n2`,
  },
  {
    name: "where a volume is being made already",
    pod: using("data"),
    objects: [
      claim("data", {
        storageClassName: "disk",
        metadata: { annotations: { "volume.kubernetes.io/selected-node": "n2" } },
      }),
      storageClass("disk"),
    ],
    want: `n1: ${NO_VOLUME}; n2`,
  },
  {
    name: "where the driver has enough left",
    pod: using("data"),
    nodes: [node("n1"), node("n2"), node("n3")],
    objects: [
      waiting,
      storageClass("disk"),
      tells,
      left("n1", { capacity: "512Mi" }),
      left("n2", { capacity: "9Gi" }),
      left("n3", { capacity: "9Gi", maximumVolumeSize: "512Mi" }),
    ],
    want: `n1: ${NO_ROOM}; n2; n3: ${NO_ROOM}`,
  },
])
