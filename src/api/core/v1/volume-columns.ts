import type { Column, StoredMeta } from "../../../machinery/schema/resource.ts"
import { age } from "../../columns.ts"
import type { PersistentVolumeSpec, PersistentVolumeStatus } from "./persistent-volume.ts"
import type { PersistentVolumeClaimStatus } from "./persistent-volume-claim.ts"
import type { PersistentVolumeClaimSpec } from "./persistent-volume-claim-spec.ts"
import { CLASS_ANNOTATION } from "./volume-warnings.ts"

/** What `kubectl get` shows of persistent volumes and claims. */

interface VolumeObject {
  readonly metadata: StoredMeta
  readonly spec: PersistentVolumeSpec
  readonly status: PersistentVolumeStatus
}
interface ClaimObject {
  readonly metadata: StoredMeta
  readonly spec: PersistentVolumeClaimSpec
  readonly status: PersistentVolumeClaimStatus
}

const SHORT_MODES = new Map([
  ["ReadWriteOnce", "RWO"],
  ["ReadOnlyMany", "ROX"],
  ["ReadWriteMany", "RWX"],
  ["ReadWriteOncePod", "RWOP"],
])

function modesCell(modes: readonly string[] | undefined): string {
  return [...SHORT_MODES].flatMap(([mode, short]) => (modes?.includes(mode) ? [short] : [])).join(",")
}

function phaseCell({ metadata, status }: VolumeObject | ClaimObject): string {
  return metadata.deletionTimestamp ? "Terminating" : (status.phase ?? "")
}

function classCell({ metadata, spec }: VolumeObject | ClaimObject): string {
  return metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? ""
}

const attributesClass: Column<VolumeObject | ClaimObject> = {
  name: "VolumeAttributesClass",
  type: "string",
  doc: "The class of its attributes.",
  value: ({ spec }) => spec.volumeAttributesClassName ?? "<unset>",
}
const volumeMode: Column<VolumeObject | ClaimObject> = {
  name: "VolumeMode",
  type: "string",
  priority: 1,
  doc: "Whether it has a file system or is a raw device.",
  value: ({ spec }) => spec.volumeMode ?? "<unset>",
}

export const volumeColumns: readonly Column<VolumeObject>[] = [
  { name: "Capacity", type: "string", doc: "How large it is.", value: ({ spec }) => spec.capacity?.["storage"] ?? "0" },
  {
    name: "Access Modes",
    type: "string",
    doc: "How it can be used: by one node, one pod or many.",
    value: ({ spec }) => modesCell(spec.accessModes),
  },
  {
    name: "Reclaim Policy",
    type: "string",
    doc: "What becomes of it when its claim is deleted.",
    value: ({ spec }) => spec.persistentVolumeReclaimPolicy ?? "",
  },
  { name: "Status", type: "string", doc: "Where it is in its life.", value: phaseCell },
  {
    name: "Claim",
    type: "string",
    doc: "The claim that has it.",
    value: ({ spec: { claimRef } }) =>
      claimRef === undefined ? "" : `${claimRef.namespace ?? ""}/${claimRef.name ?? ""}`,
  },
  { name: "StorageClass", type: "string", doc: "The class that it belongs to.", value: classCell },
  attributesClass,
  { name: "Reason", type: "string", doc: "Why it has this status.", value: ({ status }) => status.reason ?? "" },
  age,
  volumeMode,
]

export const claimColumns: readonly Column<ClaimObject>[] = [
  { name: "Status", type: "string", doc: "Whether it has a volume.", value: phaseCell },
  { name: "Volume", type: "string", doc: "The volume that it has.", value: ({ spec }) => spec.volumeName ?? "" },
  {
    name: "Capacity",
    type: "string",
    doc: "How large the volume is.",
    value: ({ spec, status }) => (spec.volumeName ? (status.capacity?.["storage"] ?? "0") : ""),
  },
  {
    name: "Access Modes",
    type: "string",
    doc: "How the volume can be used: by one node, one pod or many.",
    value: ({ spec, status }) => (spec.volumeName ? modesCell(status.accessModes) : ""),
  },
  { name: "StorageClass", type: "string", doc: "The class of the volume.", value: classCell },
  attributesClass,
  age,
  volumeMode,
]
