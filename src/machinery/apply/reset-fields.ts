import type { ObjectForm } from "../schema/object-form.ts"
import type { AnyStruct } from "../schema/schema.ts"
import { FieldSet } from "./field-set.ts"
import { fieldElement } from "./path-element.ts"

const STATUS = FieldSet.of([fieldElement("status")])
const KEPT_BY_STATUS = new Set(["apiVersion", "kind", "metadata", "status"])
/** Other members of custom resources are not reset for owners, as in Kubernetes. */
const ALL_BUT_STATUS = FieldSet.of([fieldElement("metadata")], [fieldElement("spec")])
const byStatus = new WeakMap<AnyStruct, FieldSet>()

/**
 * Fields that a request cannot change, whatever it says, so that nobody comes to own them by it: the status through the
 * main resource, everything else through the status subresource.
 */
export function resetFields(struct: AnyStruct, subresource: string): FieldSet {
  if (struct.form !== undefined) return resetOfCustom(struct.form, subresource)
  if (subresource === "") return struct.members.has("status") ? STATUS : FieldSet.EMPTY
  if (subresource !== "status") return FieldSet.EMPTY
  let fields = byStatus.get(struct)
  if (fields === undefined) {
    const names = [...struct.members.keys()].filter((name) => !KEPT_BY_STATUS.has(name))
    byStatus.set(struct, (fields = FieldSet.of(...names.map((name) => [fieldElement(name)]))))
  }
  return fields
}

function resetOfCustom({ hasStatus }: ObjectForm, subresource: string): FieldSet {
  if (!hasStatus) return FieldSet.EMPTY
  if (subresource === "") return STATUS
  return subresource === "status" ? ALL_BUT_STATUS : FieldSet.EMPTY
}
