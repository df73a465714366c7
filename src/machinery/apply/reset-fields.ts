import type { AnyStruct } from "../schema/schema.ts"
import { FieldSet } from "./field-set.ts"
import { fieldElement } from "./path-element.ts"

const STATUS = FieldSet.of([fieldElement("status")])
const KEPT_BY_STATUS = new Set(["apiVersion", "kind", "metadata", "status"])
const byStatus = new WeakMap<AnyStruct, FieldSet>()

/**
 * Fields that a request cannot change, whatever it says, so that nobody comes to own them by it: the status through the
 * main resource, everything else through the status subresource.
 */
export function resetFields(struct: AnyStruct, subresource: string): FieldSet {
  if (subresource === "") return struct.members.has("status") ? STATUS : FieldSet.EMPTY
  if (subresource !== "status") return FieldSet.EMPTY
  let fields = byStatus.get(struct)
  if (fields === undefined) {
    const names = [...struct.members.keys()].filter((name) => !KEPT_BY_STATUS.has(name))
    byStatus.set(struct, (fields = FieldSet.of(...names.map((name) => [fieldElement(name)]))))
  }
  return fields
}
