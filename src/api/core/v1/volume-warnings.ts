import { FieldPath } from "../../../machinery/field/path.ts"
import { quote } from "../../../machinery/field/quote.ts"
import type { ObjectMeta } from "../../../machinery/meta/object-meta.ts"
import { parseQuantity, quantityMilliValue } from "../../../machinery/quantity/quantity.ts"
import { DEPRECATED_NODE_LABELS, REMOVED_VOLUMES } from "./deprecated-names.ts"
import type { PersistentVolumeSpec } from "./persistent-volume.ts"
import type { PersistentVolumeClaimSpec } from "./persistent-volume-claim-spec.ts"

/** What is accepted in volumes and claims but does nothing, or is on its way out. */

export const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"
const ANNOTATIONS = new Map([
  [CLASS_ANNOTATION, 'deprecated since v1.8; use "storageClassName" attribute instead'],
  ["volume.beta.kubernetes.io/mount-options", 'deprecated since v1.31; use "mountOptions" attribute instead'],
])
const REMOVED = ["cephfs", "photonPersistentDisk", "scaleIO", "storageos", "glusterfs", "rbd"]
const RECYCLE =
  "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning."

type Warnings = readonly string[]

function annotationWarnings({ annotations }: ObjectMeta, keys: Iterable<string>): Warnings {
  return [...keys].flatMap((key) =>
    annotations?.[key] === undefined ? [] : [`metadata.annotations[${key}]: ${ANNOTATIONS.get(key)}`],
  )
}

export function persistentVolumeWarnings({
  metadata,
  spec,
}: {
  readonly metadata: ObjectMeta
  readonly spec: PersistentVolumeSpec
}): Warnings {
  const members = new Set(Object.keys(spec))
  return [
    ...annotationWarnings(metadata, ANNOTATIONS.keys()),
    ...(spec.persistentVolumeReclaimPolicy === "Recycle" ? [RECYCLE] : []),
    ...(spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).flatMap(({ matchExpressions = [] }, term) =>
      matchExpressions.flatMap(({ key }, index) => {
        const why = DEPRECATED_NODE_LABELS.get(key)
        const at = `spec.nodeAffinity.required.nodeSelectorTerms[${term}].matchExpressions[${index}].key`
        return why === undefined ? [] : [`${at}: ${key} is ${why}`]
      }),
    ),
    ...REMOVED.filter((member) => members.has(member)).map(
      (member) => `spec.${member === "storageos" ? "storageOS" : member}: ${REMOVED_VOLUMES.get(member)}`,
    ),
  ]
}

export function claimWarnings({
  metadata,
  spec,
}: {
  readonly metadata: ObjectMeta
  readonly spec: PersistentVolumeClaimSpec
}): Warnings {
  return [...annotationWarnings(metadata, [CLASS_ANNOTATION]), ...claimSpecWarnings(spec, FieldPath.root("spec"))]
}

export function claimSpecWarnings({ resources }: PersistentVolumeClaimSpec, path: FieldPath): Warnings {
  return (["requests", "limits"] as const).flatMap((side) => {
    const amount = resources[side]?.["storage"]
    if (amount === undefined || quantityMilliValue(parseQuantity(amount)) % 1000 === 0) return []
    const at = path.child("resources").child(side).key("storage")
    return [`${at}: fractional byte value ${quote(amount)} is invalid, must be an integer`]
  })
}
