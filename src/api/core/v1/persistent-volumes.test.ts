import assert from "node:assert/strict"
import { test } from "node:test"
import type { AnyResource, Column } from "../../../machinery/schema/resource.ts"
import { createErrors, defaulted, statusErrors, testContext, updateErrors } from "../../testing.ts"
import { PersistentVolume } from "./persistent-volume.ts"
import { PersistentVolumeClaim } from "./persistent-volume-claim.ts"

/** Messages and paths are those of Kubernetes 1.36, pkg/apis/core/validation. */

const base = { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"] }
const volume = (spec: object) => ({ spec: { ...base, ...spec } })
const hostPath = { path: "/data" }
const onNode = (key: string) => ({
  required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: "In", values: ["a"] }] }] },
})
const claim = (spec: object = {}, status: object = {}) => ({
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
  status,
})
const sized = (storage: string) => ({ resources: { requests: { storage } } })

const creations: readonly (readonly [string, AnyResource, object, readonly string[]])[] = [
  ["a good volume", PersistentVolume, volume({ hostPath }), []],
  [
    "a volume of nothing",
    PersistentVolume,
    { spec: {} },
    [
      "spec.accessModes: Required value",
      "spec.capacity: Required value",
      'spec.capacity: Unsupported value: null: supported values: "storage"',
      "spec: Required value: must specify a volume type",
    ],
  ],
  [
    "two sources",
    PersistentVolume,
    volume({ hostPath, csi: { driver: "", volumeHandle: "" } }),
    ["spec.csi: Forbidden: may not specify more than 1 volume type"],
  ],
  [
    "a driver without a name",
    PersistentVolume,
    volume({ csi: { driver: "", volumeHandle: "", nodeStageSecretRef: {}, nodePublishSecretRef: { name: "a" } } }),
    [
      "spec.csi.driver: Required value",
      "spec.csi.volumeHandle: Required value",
      "spec.csi.nodePublishSecretRef.namespace: Required value",
    ],
  ],
  [
    "a local volume anywhere",
    PersistentVolume,
    volume({ local: { path: "/a/../b" } }),
    [
      `spec.local.path: Invalid value: "/a/../b": must not contain '..'`,
      "spec.nodeAffinity: Required value: Local volume requires node affinity",
    ],
  ],
  [
    "no storage at all, in some mode",
    PersistentVolume,
    volume({ hostPath, capacity: { storage: "-1" }, volumeMode: "Tape", persistentVolumeReclaimPolicy: "Burn" }),
    [
      "spec.capacity[storage]: Invalid value: -1: must be a valid resource quantity",
      'spec.capacity[storage]: Invalid value: "-1": must be greater than zero',
      'spec.persistentVolumeReclaimPolicy: Unsupported value: "Burn": supported values: "Delete", "Recycle", "Retain"',
      'spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"',
    ],
  ],
  [
    "a root that is emptied",
    PersistentVolume,
    volume({ hostPath: { path: "//" }, persistentVolumeReclaimPolicy: "Recycle" }),
    ["spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"],
  ],
  [
    "attributes of what has none",
    PersistentVolume,
    volume({ hostPath, volumeAttributesClassName: "" }),
    [
      "spec.volumeAttributesClassName: Required value: an empty string is disallowed",
      "spec.csi: Required value: has to be specified when using volumeAttributesClassName",
    ],
  ],
  ["a good claim", PersistentVolumeClaim, claim(), []],
  [
    "a claim of nothing",
    PersistentVolumeClaim,
    { spec: {} },
    ["spec.accessModes: Required value: at least 1 access mode is required", "spec.resources[storage]: Required value"],
  ],
]
for (const [name, resource, manifest, errors] of creations) {
  test(name, () => assert.deepEqual(createErrors(resource, manifest), errors))
}

const bound = { phase: "Bound", capacity: { storage: "1Gi" } }
const changes: readonly (readonly [string, AnyResource, object, object, readonly string[]])[] = [
  [
    "where a volume comes from",
    PersistentVolume,
    volume({ hostPath }),
    volume({ hostPath: { path: "/other" }, volumeMode: "Block" }),
    [
      `spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation
@@ -1,6 +1,6 @@
 {
  "hostPath": {
-  "path": "/data",
+  "path": "/other",
   "type": ""
  }
 }
`,
      'volumeMode: Invalid value: "Block": field is immutable',
    ],
  ],
  [
    "labels of nodes to the newer ones",
    PersistentVolume,
    volume({ hostPath, nodeAffinity: onNode("failure-domain.beta.kubernetes.io/zone") }),
    volume({ hostPath, nodeAffinity: onNode("topology.kubernetes.io/zone") }),
    [],
  ],
  [
    "labels of nodes to older ones",
    PersistentVolume,
    volume({ hostPath, nodeAffinity: onNode("topology.kubernetes.io/zone") }),
    volume({ hostPath, nodeAffinity: onNode("failure-domain.beta.kubernetes.io/zone") }),
    [
      'nodeAffinity: Invalid value: {"required":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"failure-domain.beta.kubernetes.io/zone","operator":"In","values":["a"]}]}]}}: field is immutable, except for updating from beta label to GA',
    ],
  ],
  ["the volume of a claim, once", PersistentVolumeClaim, claim(), claim({ volumeName: "pv" }), []],
  ["the class of a claim that had none", PersistentVolumeClaim, claim(), claim({ storageClassName: "fast" }), []],
  ["the size of a bound claim", PersistentVolumeClaim, claim({}, bound), claim(sized("2Gi"), bound), []],
  [
    "the size of a bound claim to less than it has",
    PersistentVolumeClaim,
    claim(sized("2Gi"), bound),
    claim(sized("1Gi"), bound),
    ["spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"],
  ],
  [
    "the size of a claim that waits",
    PersistentVolumeClaim,
    claim(),
    claim(sized("2Gi")),
    [
      `spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims
@@ -4,7 +4,7 @@
  ],
  "resources": {
   "requests": {
-   "storage": "1Gi"
+   "storage": "2Gi"
   }
  },
  "volumeMode": "Filesystem"
`,
    ],
  ],
  [
    "attributes that have been applied",
    PersistentVolumeClaim,
    claim({ volumeAttributesClassName: "a" }, { ...bound, currentVolumeAttributesClassName: "a" }),
    claim({ volumeAttributesClassName: "" }, bound),
    [
      "spec.volumeAttributesClassName: Forbidden: update to empty string is forbidden when status.currentVolumeAttributesClassName is not nil",
    ],
  ],
]
for (const [name, resource, before, after, errors] of changes) {
  test(`changing ${name}`, () => assert.deepEqual(updateErrors(resource, before, after), errors))
}

test("a claim's status speaks of storage", () => {
  const status = { allocatedResourceStatuses: { cpu: "Odd" }, allocatedResources: { storage: "-1" } }
  assert.deepEqual(statusErrors(PersistentVolumeClaim, claim(), claim({}, status)), [
    'status.allocatedResourceStatuses: Unsupported value: "cpu": supported values: "storage"',
    'status.allocatedResourceStatuses: Unsupported value: "cpu": supported values: "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"',
    "status.allocatedResources[storage]: Invalid value: -1: must be a valid resource quantity",
  ])
})

test("a volume knows when its phase changed", () => {
  const at = (phase: string, time?: string) =>
    defaulted(PersistentVolume, { ...volume({ hostPath }), status: { phase, lastPhaseTransitionTime: time } })
  const changed = (before: string, phase: string, time?: string) => {
    const draft = at(phase, time)
    const old = at(before, "2025-01-01T00:00:00Z")
    PersistentVolume.strategy.prepareStatusUpdate?.(draft as never, old as never, testContext)
    return draft.status.lastPhaseTransitionTime
  }
  assert.equal(changed("Pending", "Pending"), "2025-01-01T00:00:00Z")
  assert.equal(changed("Pending", "Bound", "2025-01-01T00:00:00Z"), testContext.now)
  assert.equal(changed("Pending", "Bound", "2025-06-01T00:00:00Z"), "2025-06-01T00:00:00Z")
})

test("both members name the source of a claim, and unknown kinds only the new one", () => {
  const prepared = (spec: object) => {
    const draft = defaulted(PersistentVolumeClaim, claim(spec))
    PersistentVolumeClaim.strategy.prepareCreate?.(draft as never, testContext)
    const { dataSource, dataSourceRef } = draft.spec
    return [dataSource, dataSourceRef]
  }
  const pvc = { kind: "PersistentVolumeClaim", name: "a" }
  const other = { apiGroup: "example.com", kind: "Backup", name: "a" }
  assert.deepEqual(prepared({ dataSource: pvc }), [pvc, pvc])
  assert.deepEqual(prepared({ dataSource: other }), [undefined, undefined])
  assert.deepEqual(prepared({ dataSourceRef: other }), [other, other])
})

test("columns", () => {
  const row = (resource: AnyResource, manifest: object) => {
    const object = defaulted(resource, { metadata: { name: "x" }, ...manifest })
    const columns = resource.columns as readonly unknown[] as readonly Column<unknown>[]
    return columns.map((column) => column.value(object, 0))
  }
  const claimRef = { namespace: "n", name: "c" }
  assert.deepEqual(
    row(PersistentVolume, volume({ hostPath, claimRef, accessModes: ["ReadWriteMany", "ReadWriteOnce"] })),
    ["1Gi", "RWO,RWX", "Retain", "Pending", "n/c", "", "<unset>", "", "<unknown>", "Filesystem"],
  )
  const given = { phase: "Bound", capacity: { storage: "2Gi" }, accessModes: ["ReadWriteOncePod"] }
  const cells = row(PersistentVolumeClaim, claim({ volumeName: "pv", storageClassName: "fast" }, given))
  assert.deepEqual(cells, ["Bound", "pv", "2Gi", "RWOP", "fast", "<unset>", "<unknown>", "Filesystem"])
  assert.deepEqual(row(PersistentVolumeClaim, claim()).slice(0, 4), ["Pending", "", "", ""])
})
