import assert from "node:assert/strict"
import { test } from "node:test"
import type { AnyResource, Column } from "../../../machinery/schema/resource.ts"
import { createErrors, defaulted, testContext, updateErrors } from "../../testing.ts"
import { CSIDriver } from "./csi-driver.ts"
import { CSINode } from "./csi-node.ts"
import { CSIStorageCapacity } from "./csi-storage-capacity.ts"
import { StorageClass } from "./storage-class.ts"
import { VolumeAttachment } from "./volume-attachment.ts"
import { VolumeAttributesClass } from "./volume-attributes-class.ts"

/** Messages and paths are those of Kubernetes 1.36, pkg/apis/storage/validation. */

const attach = (source: object) => ({ spec: { attacher: "d.example.com", nodeName: "n", source } })
const csi = { driver: "d", volumeHandle: "h" }
const topology = (key: string, values: readonly string[]) => ({ matchLabelExpressions: [{ key, values }] })
const drivers = (...all: readonly object[]) => ({ spec: { drivers: all } })
const QUALIFIED =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

const creations: readonly (readonly [string, AnyResource, object, readonly string[]])[] = [
  ["a good class", StorageClass, { provisioner: "d.example.com/x" }, []],
  [
    "a class with everything wrong",
    StorageClass,
    {
      provisioner: "",
      parameters: { "": "x" },
      reclaimPolicy: "Recycle",
      volumeBindingMode: "Later",
      allowedTopologies: [topology("zone", ["a", "a"]), topology("zone", ["a"]), topology("_", [])],
    },
    [
      "provisioner: Required value",
      'parameters: Invalid value: "": field can not be empty.',
      'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
      'volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"',
      'allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a"',
      'allowedTopologies[1].matchLabelExpressions: Duplicate value: ""',
      "allowedTopologies[2].matchLabelExpressions[0].values: Required value",
      `allowedTopologies[2].matchLabelExpressions[0].key: Invalid value: "_": ${QUALIFIED}`,
    ],
  ],
  [
    "attributes without any",
    VolumeAttributesClass,
    { driverName: "d" },
    ["parameters: Required value: must contain at least one key/value pair"],
  ],
  ["a good attachment", VolumeAttachment, attach({ persistentVolumeName: "pv" }), []],
  [
    "an attachment of nothing",
    VolumeAttachment,
    attach({}),
    ["spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName"],
  ],
  ["an inline volume", VolumeAttachment, attach({ inlineVolumeSpec: { csi, accessModes: ["ReadWriteOnce"] } }), []],
  [
    "an inline volume that is a whole one",
    VolumeAttachment,
    attach({
      inlineVolumeSpec: { hostPath: { path: "/" }, accessModes: ["ReadWriteOnce"], capacity: { storage: "1" } },
    }),
    [
      "spec.source.inlineVolumeSpec.capacity: Forbidden: may not be specified in the context of inline volumes",
      "spec.source.inlineVolumeSpec.csi: Required value: has to be specified in the context of inline volumes",
    ],
  ],
  ["a good driver", CSIDriver, { spec: { tokenRequests: [{ audience: "a" }, { audience: "b" }] } }, []],
  [
    "a driver with everything wrong",
    CSIDriver,
    {
      spec: {
        fsGroupPolicy: "Sometimes",
        volumeLifecycleModes: ["Eternal"],
        tokenRequests: [{ audience: "a", expirationSeconds: 1 }, { audience: "a" }],
        nodeAllocatableUpdatePeriodSeconds: 9,
      },
    },
    [
      'spec.fsGroupPolicy: Unsupported value: "Sometimes": supported values: "File", "None", "ReadWriteOnceWithFSType"',
      "spec.tokenRequests[0].expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes",
      'spec.tokenRequests[1].audience: Duplicate value: "a"',
      'spec.volumeLifecycleModes: Unsupported value: "Eternal": supported values: "Persistent", "Ephemeral"',
      "spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds",
    ],
  ],
  [
    "tokens in secrets without tokens",
    CSIDriver,
    { spec: { serviceAccountTokenInSecrets: true } },
    [
      "spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no tokenRequests are specified",
    ],
  ],
  [
    "drivers of a node",
    CSINode,
    drivers({ name: "d", nodeID: "" }, { name: "d", nodeID: "n", topologyKeys: ["a", "a"] }),
    [
      "spec.drivers[0].nodeID: Required value",
      'spec.drivers[1].name: Duplicate value: "d"',
      'spec.drivers[1]: Duplicate value: "a"',
    ],
  ],
  [
    "less than no storage",
    CSIStorageCapacity,
    { storageClassName: "c", capacity: "-1" },
    ['capacity: Invalid value: "-1": must be greater than or equal to 0'],
  ],
]
for (const [name, resource, manifest, errors] of creations) {
  test(name, () => assert.deepEqual(createErrors(resource, manifest), errors))
}

const storageClass = { provisioner: "a", parameters: { x: "1" }, reclaimPolicy: "Delete" }
const changes: readonly (readonly [string, AnyResource, object, object, readonly string[]])[] = [
  [
    "a class",
    StorageClass,
    storageClass,
    {
      provisioner: "b",
      reclaimPolicy: "Retain",
      volumeBindingMode: "WaitForFirstConsumer",
      allowVolumeExpansion: true,
    },
    [
      'provisioner: Invalid value: "b": field is immutable',
      "parameters: Invalid value: null: field is immutable",
      'reclaimPolicy: Invalid value: "Retain": field is immutable',
      'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
    ],
  ],
  [
    "attributes",
    VolumeAttributesClass,
    { driverName: "d", parameters: { a: "1" } },
    { driverName: "e", parameters: { a: "2" } },
    [
      "driverName: Forbidden: updates to driverName are forbidden.",
      "parameters: Forbidden: updates to parameters are forbidden.",
    ],
  ],
  [
    "an attachment",
    VolumeAttachment,
    attach({ persistentVolumeName: "pv" }),
    attach({ persistentVolumeName: "other" }),
    [
      'spec: Invalid value: {"attacher":"d.example.com","source":{"persistentVolumeName":"other"},"nodeName":"n"}: field is immutable',
    ],
  ],
  [
    "whether a driver attaches",
    CSIDriver,
    { spec: {} },
    { spec: { attachRequired: false } },
    ["spec.attachedRequired: Invalid value: false: field is immutable"],
  ],
  [
    "how many volumes a node can have",
    CSINode,
    drivers({ name: "d", nodeID: "n" }),
    drivers({ name: "d", nodeID: "n", allocatable: { count: 2 } }),
    [],
  ],
  [
    "where storage is",
    CSIStorageCapacity,
    { storageClassName: "a" },
    { storageClassName: "b" },
    ['storageClassName: Invalid value: "b": field is immutable'],
  ],
]
for (const [name, resource, before, after, errors] of changes) {
  test(`changing ${name}`, () => assert.deepEqual(updateErrors(resource, before, after), errors))
}

test("drivers and classes have defaults", () => {
  assert.deepEqual(JSON.parse(JSON.stringify(defaulted(CSIDriver, { spec: {} }).spec)), {
    attachRequired: true,
    podInfoOnMount: false,
    storageCapacity: false,
    fsGroupPolicy: "ReadWriteOnceWithFSType",
    volumeLifecycleModes: ["Persistent"],
    requiresRepublish: false,
    seLinuxMount: false,
  })
  const { reclaimPolicy, volumeBindingMode } = defaulted(StorageClass, { provisioner: "p" })
  assert.deepEqual([reclaimPolicy, volumeBindingMode], ["Delete", "Immediate"])
})

test("a driver's generation begins with its first change", () => {
  const update = (before: object, after: object) => {
    const driver = defaulted(CSIDriver, after)
    CSIDriver.strategy.prepareUpdate?.(driver as never, defaulted(CSIDriver, before) as never, testContext)
    return driver.metadata.generation
  }
  assert.equal(update({ spec: {} }, { spec: { podInfoOnMount: true } }), 1)
  assert.equal(update({ spec: {} }, { spec: {} }), undefined)
})

test("tokens that may be logged are warned about", () => {
  const driver = defaulted(CSIDriver, { spec: { tokenRequests: [{ audience: "a" }] } })
  const warn = (old: unknown) => CSIDriver.strategy.warnings?.(driver as never, old as never).length
  assert.equal(warn(undefined), 1)
  assert.equal(warn(driver), 0)
})

const created = "2026-01-01T00:00:00Z"
const now = Date.parse("2026-01-01T01:00:00Z")
const rows: readonly (readonly [AnyResource, object, string, readonly (string | number | boolean)[]])[] = [
  [
    StorageClass,
    {
      metadata: { annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
      provisioner: "p",
    },
    "Name Provisioner ReclaimPolicy VolumeBindingMode AllowVolumeExpansion Age",
    ["x (default)", "p", "Delete", "Immediate", false, "60m"],
  ],
  [
    VolumeAttachment,
    attach({ persistentVolumeName: "pv" }),
    "Name Attacher PV Node Attached Age",
    ["x", "d.example.com", "pv", "n", false, "60m"],
  ],
  [
    CSIDriver,
    { spec: { tokenRequests: [{ audience: "a" }, { audience: "" }] } },
    "AttachRequired PodInfoOnMount StorageCapacity TokenRequests RequiresRepublish Modes Age",
    [true, false, false, "a,", false, "Persistent", "60m"],
  ],
  [
    CSIDriver,
    { spec: { attachRequired: false } },
    "AttachRequired PodInfoOnMount StorageCapacity TokenRequests RequiresRepublish Modes Age",
    [false, false, false, "<unset>", false, "Persistent", "60m"],
  ],
  [CSINode, drivers({ name: "d", nodeID: "n" }), "Drivers Age", [1, "60m"]],
  // Kubernetes has columns for it, but does not use them.
  [CSIStorageCapacity, { storageClassName: "c" }, "", []],
  [VolumeAttributesClass, { driverName: "d" }, "DriverName Age", ["d", "60m"]],
]
for (const [resource, manifest, headers, cells] of rows) {
  test(`columns of ${resource.kind} ${headers}`, () => {
    const object = defaulted(resource, {
      ...manifest,
      metadata: {
        name: "x",
        creationTimestamp: created,
        ...("metadata" in manifest ? (manifest.metadata as object) : {}),
      },
    })
    const columns = resource.columns as readonly unknown[] as readonly Column<unknown>[]
    assert.equal(columns.map(({ name }) => name).join(" "), headers)
    assert.deepEqual(
      columns.map((column) => column.value(object, now)),
      cells,
    )
  })
}
