import { FieldSet } from "./field-set.ts"
import type { MergeType } from "./merge-type.ts"
import type { Owners } from "./owners.ts"
import { removeItems } from "./remove-items.ts"
import { toFieldSet } from "./to-field-set.ts"

/**
 * Removes what the applier applied last time and does not any more, unless somebody else owns it. `owners` has the
 * applier's new fields already.
 */
export function prune(type: MergeType, merged: unknown, owners: Owners, last: FieldSet): unknown {
  if (last.isEmpty) return merged
  const named = (set: FieldSet) => set.withNamedFields(type)
  const everything = named(toFieldSet(type, merged))
  // Removing an item removes what is inside it, so what others own there is put back.
  const withoutLast = removeItems(type, merged, named(last))
  const owned = named([...owners.values()].reduce((all, { fields }) => all.union(fields), FieldSet.EMPTY))
  const remaining = named(toFieldSet(type, withoutLast))
  const withOwned = removeItems(type, merged, everything.difference(remaining.union(owned)))
  // And so is what nobody owns but that was not applied last time either.
  const kept = named(toFieldSet(type, withOwned))
  return removeItems(type, merged, everything.difference(kept).intersection(named(last)))
}
