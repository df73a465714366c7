import type { FieldSelector } from "../../machinery/selectors/field-selector.ts"
import type { LabelSelector } from "../../machinery/selectors/label-selector.ts"
import type { CachedObject } from "./cached-object.ts"

/** Which objects of a resource a list or watch is about. */
export interface Selection {
  /** Keys begin with this: the whole resource, or one namespace of it. */
  readonly prefix: string
  /** The one key that can match, when selectors say so. */
  readonly key?: string
  /** Absent when everything matches. */
  readonly labels?: LabelSelector
  readonly fields?: FieldSelector
}

/** Where the objects are, whatever is in them. */
export function placeOf({ prefix, key }: Selection): Selection {
  return { prefix, ...(key !== undefined && { key }) }
}

export function selects(selection: Selection, object: CachedObject): boolean {
  const { prefix, key, labels, fields } = selection
  if (key !== undefined ? object.key !== key : !object.key.startsWith(prefix)) return false
  if (fields !== undefined) {
    for (const term of fields.terms) {
      if ((object.field(term.field) === term.value) === term.negated) return false
    }
  }
  return labels === undefined || labels.matches(object.labels)
}

/** Whether every object under the prefix is meant: then counts need no look at the objects. */
export function selectsAll({ key, labels, fields }: Selection): boolean {
  return key === undefined && labels === undefined && fields === undefined
}
