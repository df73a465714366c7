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

/** A change in the form of a version; undefined for a version that does not exist. */
export type ChangeIn = (apiVersion: string) => Comparison | undefined

/** Owners other than `except` whose fields a change sets to something else, in the order of their ids. */
export function findConflicts(owners: Owners, changeIn: ChangeIn, except: string): readonly Conflict[] {
  return [...owners]
    .filter(([id]) => id !== except)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, owner]) => {
      const { added, modified } = changeIn(owner.apiVersion) ?? NO_CHANGE
      return { owner, fields: owner.fields.intersection(added.union(modified)) }
    })
    .filter(({ fields }) => !fields.isEmpty)
}

const NO_CHANGE: Comparison = { added: FieldSet.EMPTY, modified: FieldSet.EMPTY, removed: FieldSet.EMPTY }

/** The others lose what was set to something else or removed; who owns nothing any more vanishes. */
export function takeFromOthers(owners: Owners, changeIn: ChangeIn, except: string): Owners {
  const result = new Map<string, Owner>()
  for (const [id, owner] of owners) {
    const change = id === except ? NO_CHANGE : changeIn(owner.apiVersion)
    const fields = change === undefined ? FieldSet.EMPTY : keep(owner.fields, change)
    if (!fields.isEmpty) result.set(id, fields === owner.fields ? owner : { ...owner, fields })
  }
  return result
}

function keep(fields: FieldSet, { added, modified, removed }: Comparison): FieldSet {
  const kept = fields.difference(fields.intersection(added.union(modified))).difference(removed)
  // The same set object has its encoding at hand.
  return kept.equals(fields) ? fields : kept
}
