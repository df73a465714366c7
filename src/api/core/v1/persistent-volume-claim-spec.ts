import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { TypedLocalObjectReference, TypedObjectReference } from "./references.ts"
import { VolumeResourceRequirements } from "./resources.ts"

export const PersistentVolumeClaimSpec = struct(
  "io.k8s.api.core.v1.PersistentVolumeClaimSpec",
  {
    accessModes: list(1, "string", {
      doc: "How the volume is to be used: ReadWriteOnce (one node), ReadOnlyMany, ReadWriteMany, or ReadWriteOncePod (one pod).",
      listType: "atomic",
    }),
    selector: message(4, LabelSelector, { doc: "Labels that an existing volume must have to be bound." }),
    resources: message(2, VolumeResourceRequirements, {
      doc: "How much storage is needed. It can be raised later where the storage class allows that.",
      always: true,
    }),
    volumeName: string(3, { doc: "The volume that is bound to the claim. Set it to ask for a certain one." }),
    storageClassName: string(5, {
      doc: "The StorageClass to make the volume with. Absent: the cluster's default; empty: only existing volumes without a class.",
      pointer: true,
    }),
    volumeMode: string(6, {
      doc: "Filesystem (the default), or Block for a raw device.",
      default: "Filesystem",
      pointer: true,
    }),
    dataSource: message(7, TypedLocalObjectReference, {
      doc: "A snapshot or claim, in the same namespace, whose contents the new volume starts with.",
    }),
    dataSourceRef: message(8, TypedObjectReference, {
      doc: "What the new volume starts with. Unlike dataSource it allows any kind of object, and other namespaces.",
    }),
    volumeAttributesClassName: string(9, {
      doc: "The VolumeAttributesClass with settings such as speed, which can be changed later.",
      pointer: true,
    }),
  },
  { doc: "What storage a claim asks for." },
)
export type PersistentVolumeClaimSpec = TypeOf<typeof PersistentVolumeClaimSpec>
