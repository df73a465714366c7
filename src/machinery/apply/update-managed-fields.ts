import { decodeValue } from "../decode/decode.ts"
import type { ManagedFieldsEntry, ObjectMeta } from "../meta/object-meta.ts"
import { deepEqual } from "../patch/structure.ts"
import type { AnyStruct } from "../schema/schema.ts"
import { type Comparison, compare, filtered } from "./compare.ts"
import { createdFields } from "./created-fields.ts"
import { FieldSet } from "./field-set.ts"
import { sharedFields } from "./fields-v1.ts"
import { ItemError, mergeTypeOf } from "./merge-type.ts"
import { decodeOwners, encodeOwners, type Owner, type Owners, ownerId, secondsOf } from "./owners.ts"
import type { Reach } from "./reach.ts"
import { type ChangeIn, NEVER_OWNED, takeFromOthers } from "./transfer.ts"
import { oneForm, type Versions } from "./versions.ts"

/** An object with the metadata that ownership needs. */
export interface OwnedObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: Readonly<Partial<ObjectMeta>>
}

export interface ManagedUpdate {
  readonly struct: AnyStruct
  /** What is stored; undefined for a creation. */
  readonly old: OwnedObject | undefined
  /** What shall be stored, in its in-memory form, with the `managedFields` that the client sent. */
  readonly new: OwnedObject
  /** The name of the field manager. */
  readonly manager: string
  /** Empty for the object itself. */
  readonly subresource: string
  readonly reach: Reach
  /** Default: all versions have the form of `struct`. */
  readonly versions?: Versions
  /** Now, as the API writes `time`. */
  readonly nowText: string
}

/**
 * The `managedFields` after a create, update or patch: the manager owns what it added or changed, and nobody owns what
 * is gone. Its time changes only when its fields do. Neither object is changed. An empty list means that the object has
 * none.
 */
export function updateManagedFields(update: ManagedUpdate): ManagedFieldsEntry[] {
  const { old, subresource } = update
  const sent = update.new.metadata?.managedFields
  const stored = old?.metadata?.managedFields ?? []
  // Whoever writes a subresource does not set its owners.
  const before = subresource === "" ? ownersToStart(sent, stored) : ownersOf(stored)
  // An object that nobody tracked is not tracked from some point in its life on; applying starts that.
  if (before.size === 0 && old?.metadata?.uid) return []
  try {
    if (old === undefined && before.size === 0 && subresource === "") return ownersAtCreation(update)
    return encodeOwners(capOwners(ownersAfterUpdate(update, before)))
  } catch (error) {
    // Lists with items that cannot be named. As in Kubernetes, such an object loses its owners.
    if (error instanceof ItemError) return []
    throw error
  }
}

/** The same as through `ownersAfterUpdate`, which every creation would otherwise pay for. */
function ownersAtCreation(update: ManagedUpdate): ManagedFieldsEntry[] {
  const fields = createdFields(update.struct, update.new, update.reach.resetMembers)
  if (fields === undefined) return []
  return [
    {
      manager: managerName(update),
      operation: "Update",
      apiVersion: update.new.apiVersion ?? "",
      time: update.nowText,
      fieldsType: "FieldsV1",
      fieldsV1: sharedFields(fields),
    },
  ]
}

const managerName = ({ manager }: ManagedUpdate): string => (manager === "" ? "unknown" : manager)

function ownersToStart(sent: readonly ManagedFieldsEntry[] | undefined, stored: readonly ManagedFieldsEntry[]): Owners {
  if (sent === undefined || sent.length === 0 || deepEqual(sent, stored)) return ownersOf(stored)
  // One empty entry asks to forget the owners.
  if (sent.length === 1 && Object.keys(sent[0] ?? {}).length === 0) return new Map()
  const owners = decodeOwners(sent)
  return owners === undefined || owners.size === 0 ? ownersOf(stored) : owners
}

function ownersOf(entries: readonly ManagedFieldsEntry[]): Owners {
  return decodeOwners(entries) ?? new Map()
}

/** The owners after a change that was not an apply. Throws `ItemError`. */
export function ownersAfterUpdate(update: ManagedUpdate, before: Owners): Owners {
  const { struct, subresource, nowText, reach, versions = oneForm(struct) } = update
  const old = update.old ?? (decodeValue(struct, {}) as OwnedObject)
  const apiVersion = update.new.apiVersion ?? ""
  const changeIn = changeByVersion({ versions, apiVersion, old, next: update.new }, (change) =>
    filtered(change, reach.within),
  )
  // The manager's own earlier fields are treated as another's first, so that its time tells when it last took some.
  const owners = new Map(takeFromOthers(before, changeIn, ""))
  const change = changeIn(apiVersion)
  const taken = change?.modified.union(change.added).difference(NEVER_OWNED) ?? FieldSet.EMPTY
  if (taken.isEmpty) return owners
  const key = { manager: managerName(update), operation: "Update", apiVersion, subresource } as const
  const id = ownerId(key)
  const kept = owners.get(id)?.fields ?? FieldSet.EMPTY
  const own = before.get(id)?.fields
  const united = taken.union(kept)
  // Who changes what it owns already keeps the set, which has its encoding at hand.
  owners.set(id, { ...key, time: nowText, fields: own?.equals(united) ? own : united })
  return owners
}

interface Change {
  readonly versions: Versions
  /** In which both objects are. */
  readonly apiVersion: string
  readonly old: object
  readonly next: object
}

/** Compares two objects in the form of each version that is asked for, once. */
export function changeByVersion(
  { versions, apiVersion, old, next }: Change,
  refine: (change: Comparison) => Comparison,
): ChangeIn {
  const known = new Map<AnyStruct, Comparison>()
  const inForm = (object: object, to: string) =>
    withoutOwners(to === apiVersion ? object : versions.convert(object, apiVersion, to))
  return (version) => {
    const struct = versions.structOf(version)
    if (struct === undefined) return undefined
    return known.getOrInsertComputed(struct, () =>
      refine(compare(mergeTypeOf(struct), inForm(old, version), inForm(next, version))),
    )
  }
}

/** The owners stand in the object, but are not fields that have owners. */
export function withoutOwners(object: object): object {
  const { metadata, ...rest } = object as OwnedObject
  if (metadata?.managedFields === undefined) return object
  const { managedFields: _, ...other } = metadata
  return { ...rest, metadata: other }
}

/** As in Kubernetes. */
const UPDATERS_MAX = 10
const OLD_UPDATES = "ancient-changes"

/** Unites the oldest entries of updates until there are few enough, so that objects do not grow without end. */
export function capOwners(owners: Owners): Owners {
  const updaters = [...owners].filter(([, { operation }]) => operation === "Update")
  let count = updaters.length
  if (count <= UPDATERS_MAX) return owners
  updaters.sort(([idA, a], [idB, b]) => secondsOf(a) - secondsOf(b) || (idA < idB ? -1 : 1))
  const result = new Map(owners)
  const firstOfVersion = new Map<string, string>()
  for (const [id, owner] of updaters) {
    if (count <= UPDATERS_MAX) break
    const { apiVersion } = owner
    const first = firstOfVersion.get(apiVersion)
    if (first === undefined) {
      firstOfVersion.set(apiVersion, id)
      continue
    }
    const key = { manager: OLD_UPDATES, operation: "Update", apiVersion, subresource: "" } as const
    const bucketId = ownerId(key)
    const bucket: Owner | undefined = result.get(bucketId) ?? result.get(first)
    if (!result.has(bucketId)) result.delete(first)
    result.set(bucketId, { ...key, time: owner.time, fields: owner.fields.union(bucket?.fields ?? FieldSet.EMPTY) })
    if (id !== bucketId) result.delete(id)
    count--
  }
  return result
}
