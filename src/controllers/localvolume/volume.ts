import { basename } from "node:path"
import type { Node } from "../../api/core/v1/node.ts"
import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { claimReference, PROVISIONED_BY, PROVISIONER_FINALIZER } from "../../api/core/v1/volume-binding.ts"
import { classOfClaim } from "../../api/core/v1/volume-matching.ts"
import type { StorageClass } from "../../api/storage/v1/storage-class.ts"
import type { ManifestOf } from "../../machinery/schema/resource.ts"
import { LOCAL_PROVISIONER, NODE_ANNOTATION } from "./names.ts"

const HOSTNAME = "kubernetes.io/hostname"
/** Of a file on Linux. */
const NAME_BYTES_MAX = 255

export const volumeName = ({ metadata }: PersistentVolumeClaim): string => `pvc-${metadata.uid}`

/** The claim's name is for people who look at the disk; the uid alone is unique. */
export function folderName(claim: PersistentVolumeClaim): string {
  const { namespace, name } = claim.metadata
  return `${volumeName(claim)}_${namespace}_${name}`.slice(0, NAME_BYTES_MAX)
}

export const folderOf = ({ spec }: PersistentVolume): string => basename(spec.local?.path ?? "")

/** The volume that a folder of a node is for a claim. */
export function volumeFor(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  { metadata: node }: Node,
  path: string,
): ManifestOf<typeof PersistentVolume> {
  const { resources, accessModes } = claim.spec
  const reclaimPolicy = storageClass.reclaimPolicy ?? "Delete"
  const hostname = node.labels?.[HOSTNAME] ?? node.name
  return {
    metadata: {
      name: volumeName(claim),
      annotations: { [PROVISIONED_BY]: LOCAL_PROVISIONER, [NODE_ANNOTATION]: node.name },
      ...(reclaimPolicy === "Delete" && { finalizers: [PROVISIONER_FINALIZER] }),
    },
    spec: {
      capacity: { storage: resources.requests?.["storage"] ?? "0" },
      ...(accessModes && { accessModes }),
      volumeMode: "Filesystem",
      persistentVolumeReclaimPolicy: reclaimPolicy,
      storageClassName: classOfClaim(claim),
      claimRef: claimReference(claim.metadata),
      local: { path },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: HOSTNAME, operator: "In", values: [hostname] }] }],
        },
      },
    },
  }
}
