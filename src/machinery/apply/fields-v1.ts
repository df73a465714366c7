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

/** Of all shared field sets, in characters: enough for hundreds of shapes of objects. */
const SHARED_CHARACTERS_MAX = 1 << 20
const shared = new Map<string, FieldsV1>()
const texts = new WeakMap<FieldsV1, string>()
let sharedCharacters = 0

/**
 * The field set with this text. Objects that are made alike, such as the pods of a template, have equal ones: they share
 * one, which is decoded and written out once. Nobody may change it.
 */
export function sharedFields(text: string): FieldsV1 {
  let fields = shared.get(text)
  if (fields !== undefined) return fields
  if (sharedCharacters + text.length > SHARED_CHARACTERS_MAX) {
    shared.clear()
    sharedCharacters = 0
  }
  fields = JSON.parse(text) as FieldsV1
  shared.set(text, fields)
  sharedCharacters += text.length
  texts.set(fields, text)
  return fields
}

/** As JSON. */
export function fieldsText(fields: FieldsV1): string {
  return texts.get(fields) ?? JSON.stringify(fields)
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
