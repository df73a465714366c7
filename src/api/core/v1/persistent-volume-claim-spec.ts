import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { TypedLocalObjectReference, TypedObjectReference } from "./references.ts"
import { VolumeResourceRequirements } from "./resources.ts"

export const PersistentVolumeClaimSpec = struct("io.k8s.api.core.v1.PersistentVolumeClaimSpec", {
  accessModes: list(1, "string", { doc: "", listType: "atomic" }),
  selector: message(4, LabelSelector, { doc: "" }),
  resources: message(2, VolumeResourceRequirements, { doc: "", always: true }),
  volumeName: string(3, { doc: "" }),
  storageClassName: string(5, { doc: "", pointer: true }),
  volumeMode: string(6, { doc: "", default: "Filesystem", pointer: true }),
  dataSource: message(7, TypedLocalObjectReference, { doc: "" }),
  dataSourceRef: message(8, TypedObjectReference, { doc: "" }),
  volumeAttributesClassName: string(9, { doc: "", pointer: true }),
})
export type PersistentVolumeClaimSpec = TypeOf<typeof PersistentVolumeClaimSpec>
