import { isObject, type JsonObject } from "../patch/structure.ts"
import { type FieldPathElements, FieldSet } from "./field-set.ts"
import { readElement } from "./path-element.ts"

/** The JSON form of field sets: an object per step, empty where the field is a member, with `.` where more is inside. */
export type FieldsV1 = Readonly<Record<string, unknown>>

export function encodeFields(set: FieldSet): FieldsV1 {
  const fields: Record<string, unknown> = {}
  for (const [element, { member, children }] of set.entries()) {
    const inside = encodeFields(children)
    fields[element] = member && !children.isEmpty ? { ".": {}, ...inside } : inside
  }
  return fields
}

/** Throws when the value is no field set. */
export function decodeFields(fields: unknown): FieldSet {
  const set = new FieldSet()
  if (isObject(fields)) read(fields, [], set)
  return set
}

function read(fields: JsonObject, path: FieldPathElements, set: FieldSet): void {
  for (const name of Object.keys(fields)) {
    if (name === ".") {
      set.insert(path)
      continue
    }
    const element = readElement(name)
    const inside = fields[name]
    if (element === undefined) continue
    const here = [...path, element]
    if (isObject(inside) && Object.keys(inside).length > 0) read(inside, here, set)
    else set.insert(here)
  }
}
