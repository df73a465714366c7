import { FieldSet } from "./field-set.ts"
import { type MergeType, mergeTypeOf } from "./merge-type.ts"
import type { Owner, Owners } from "./owners.ts"
import { removeItems } from "./remove-items.ts"
import { toFieldSet } from "./to-field-set.ts"
import type { Versions } from "./versions.ts"

export interface Pruning {
  readonly versions: Versions
  /** Of the object. */
  readonly apiVersion: string
  /** With the applier's new fields. */
  readonly owners: Owners
  /** What the applier applied last time, undefined when nothing. */
  readonly last: Owner | undefined
}

/** Removes what the applier applied last time and does not any more, unless somebody else owns it. */
export function prune(object: object, { versions, apiVersion, owners, last }: Pruning): object {
  const struct = last === undefined ? undefined : versions.structOf(last.apiVersion)
  if (last === undefined || struct === undefined || last.fields.isEmpty) return object
  const inForm = (value: object, from: string, to: string) => (from === to ? value : versions.convert(value, from, to))
  const type = mergeTypeOf(struct)
  const merged = inForm(object, apiVersion, last.apiVersion)
  const lastFields = last.fields.withNamedFields(type)
  // Removing an item removes what is inside it, so what others own there is put back: first in this form.
  let pruned = removeItems(type, merged, lastFields) as object
  const own = (owner: Owner) => versions.structOf(owner.apiVersion) === struct
  const ordered = [...owners.values()].sort((a, b) => Number(own(b)) - Number(own(a)))
  for (const [form, group] of Map.groupBy(ordered, (owner) => versions.structOf(owner.apiVersion))) {
    const version = form === struct ? last.apiVersion : group[0]?.apiVersion
    if (form === undefined || version === undefined) continue
    const all = inForm(merged, last.apiVersion, version)
    const rest = inForm(pruned, last.apiVersion, version)
    pruned = inForm(withOwned(mergeTypeOf(form), all, rest, group), version, last.apiVersion)
  }
  // And so is what nobody owns but that was not applied last time either.
  const everything = toFieldSet(type, merged).withNamedFields(type)
  const kept = toFieldSet(type, pruned).withNamedFields(type)
  const gone = everything.difference(kept).intersection(lastFields)
  return inForm(removeItems(type, merged, gone) as object, last.apiVersion, apiVersion)
}

/** What is left, and what the owners own of what there was. */
function withOwned(type: MergeType, all: object, rest: object, owners: readonly Owner[]): object {
  const owned = owners.reduce((union, { fields }) => union.union(fields), FieldSet.EMPTY).withNamedFields(type)
  const everything = toFieldSet(type, all).withNamedFields(type)
  const remaining = toFieldSet(type, rest).withNamedFields(type)
  return removeItems(type, all, everything.difference(remaining.union(owned))) as object
}
