import type { Comparison } from "./compare.ts"
import type { Conflict } from "./conflicts.ts"
import { FieldSet } from "./field-set.ts"
import type { Owner, Owners } from "./owners.ts"
import { fieldElement } from "./path-element.ts"

/** How a change moves fields between owners. */

/** Fields that nobody owns, because the server sets them or they say what the object is. */
export const NEVER_OWNED = FieldSet.of(
  ...[
    ["apiVersion"],
    ["kind"],
    ["metadata"],
    ["metadata", "name"],
    ["metadata", "namespace"],
    ["metadata", "creationTimestamp"],
    ["metadata", "selfLink"],
    ["metadata", "uid"],
    ["metadata", "clusterName"],
    ["metadata", "generation"],
    ["metadata", "managedFields"],
    ["metadata", "resourceVersion"],
  ].map((path) => path.map(fieldElement)),
)

/** Owners other than `except` whose fields a change sets to something else, in the order of their ids. */
export function findConflicts(owners: Owners, { added, modified }: Comparison, except: string): readonly Conflict[] {
  const changed = added.union(modified)
  return [...owners]
    .filter(([id]) => id !== except)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, owner]) => ({ owner, fields: owner.fields.intersection(changed) }))
    .filter(({ fields }) => !fields.isEmpty)
}

/** The others lose what was set to something else or removed; who owns nothing any more vanishes. */
export function takeFromOthers(owners: Owners, { added, modified, removed }: Comparison, except: string): Owners {
  const changed = added.union(modified)
  const result = new Map<string, Owner>()
  for (const [id, owner] of owners) {
    const fields = id === except ? owner.fields : keep(owner.fields, changed, removed)
    if (!fields.isEmpty) result.set(id, fields === owner.fields ? owner : { ...owner, fields })
  }
  return result
}

function keep(fields: FieldSet, changed: FieldSet, removed: FieldSet): FieldSet {
  const kept = fields.difference(fields.intersection(changed)).difference(removed)
  // The same set object has its encoding at hand.
  return kept.equals(fields) ? fields : kept
}
