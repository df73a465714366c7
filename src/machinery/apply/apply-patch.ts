import { DecodeError, decodeValue } from "../decode/decode.ts"
import { applyDefaults } from "../defaulting/apply-defaults.ts"
import type { ManagedFieldsEntry } from "../meta/object-meta.ts"
import { deepClone, deepEqual, isObject, type JsonObject } from "../patch/structure.ts"
import type { AnyStruct } from "../schema/schema.ts"
import { badRequest } from "../status/errors.ts"
import { StatusError } from "../status/status-error.ts"
import { type Comparison, filtered } from "./compare.ts"
import { type Conflict, conflictError } from "./conflicts.ts"
import { FieldSet } from "./field-set.ts"
import { fieldsLastApplied, KUBECTL, refreshLastApplied } from "./last-applied.ts"
import { merge } from "./merge.ts"
import { ItemError, mergeTypeOf } from "./merge-type.ts"
import { decodeOwners, encodeOwners, type Owner, type Owners, ownerId } from "./owners.ts"
import { prune } from "./prune.ts"
import type { Reach } from "./reach.ts"
import { toFieldSet } from "./to-field-set.ts"
import { findConflicts, NEVER_OWNED, takeFromOthers } from "./transfer.ts"
import { changeByVersion, type OwnedObject, ownersAfterUpdate, withoutOwners } from "./update-managed-fields.ts"
import { appliedProblem } from "./validate-applied.ts"
import { oneForm, type Versions } from "./versions.ts"

export interface ApplyRequest {
  readonly struct: AnyStruct
  /** What is stored, in its in-memory form; undefined when nothing is. */
  readonly live: OwnedObject | undefined
  /** The configuration, as parsed JSON or YAML, with apiVersion and kind. */
  readonly patch: unknown
  readonly manager: string
  /** Takes fields from their owners instead of refusing. */
  readonly force: boolean
  /** Empty for the object itself. */
  readonly subresource: string
  readonly reach: Reach
  /** Default: all versions have the form of `struct`. */
  readonly versions?: Versions
  /** Now, as the API writes `time`. */
  readonly nowText: string
}

/** An object that is about to be stored: decoded, defaulted, with its owners; it may be changed. */
export interface AppliedObject {
  apiVersion: string
  kind: string
  metadata: { annotations?: Record<string, string>; managedFields?: ManagedFieldsEntry[]; [member: string]: unknown }
  [member: string]: unknown
}

/**
 * Server-side apply: merges a configuration into the live object, removes what the manager no longer applies and nobody
 * else owns, and notes who owns what. Throws a 409 that lists all conflicts, a 400 or 500 in Kubernetes' words for a
 * configuration that does not fit the schema. Neither argument is changed.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function applyPatch(request: ApplyRequest): { readonly object: AppliedObject } {
  const { struct, live, manager } = request
  const patch = checkPatch(request)
  const base = live ?? emptyObject(struct, patch)
  const owners = ownersBefore(request, base)
  let outcome = attempt(request, patch, base, owners, request.force)
  if ("conflicts" in outcome) {
    // Only conflicts that client-side apply does not explain are left.
    const allowed = manager === KUBECTL ? fieldsLastApplied(struct, base) : FieldSet.EMPTY
    const conflicts = allowed.isEmpty ? outcome.conflicts : withoutAllowed(outcome.conflicts, allowed)
    if (conflicts.length > 0) throw conflictError(conflicts)
    outcome = attempt(request, patch, base, owners, true)
  }
  if ("conflicts" in outcome) throw conflictError(outcome.conflicts)
  const { object } = outcome
  applyDefaults(struct, object as never)
  if (manager === KUBECTL) refreshLastApplied(object, patch)
  const managedFields = encodeOwners(outcome.owners)
  if (managedFields.length > 0) object.metadata.managedFields = managedFields
  else delete object.metadata.managedFields
  return { object }
}

function checkPatch({ struct, live, patch }: ApplyRequest): JsonObject {
  if (!isObject(patch)) throw badRequest("error decoding YAML: the configuration is no object")
  if (live !== undefined && (patch["apiVersion"] !== live.apiVersion || patch["kind"] !== live.kind)) {
    throw badRequest(`invalid object type: ${typeText(patch)}`)
  }
  const { metadata } = patch
  if (isObject(metadata) && metadata["managedFields"] !== undefined && metadata["managedFields"] !== null) {
    throw badRequest("metadata.managedFields must be nil")
  }
  const problem = appliedProblem(struct, patch)
  // Kubernetes answers so, although the fault is the client's.
  if (problem !== undefined) throw failure(`failed to create typed patch object (${objectText(patch)}): ${problem}`)
  return patch
}

const failure = (message: string) => new StatusError("", 500, message)

/** `/v1, Kind=Pod` */
function typeText({ apiVersion, kind }: JsonObject): string {
  const version = String(apiVersion ?? "")
  return `${version.includes("/") ? version : `/${version}`}, Kind=${String(kind ?? "")}`
}

function objectText(patch: JsonObject): string {
  const metadata = isObject(patch["metadata"]) ? patch["metadata"] : {}
  return `${String(metadata["namespace"] ?? "")}/${String(metadata["name"] ?? "")}; ${typeText(patch)}`
}

/** What an object of this kind is when nothing is set. */
function emptyObject(struct: AnyStruct, { apiVersion, kind }: JsonObject): OwnedObject {
  return decodeValue(struct, { apiVersion, kind }) as OwnedObject
}

function ownersBefore({ struct, nowText, subresource, reach }: ApplyRequest, live: OwnedObject): Owners {
  const owners = decodeOwners(live.metadata?.managedFields ?? [])
  if (owners === undefined) throw failure("failed to decode managed fields: an entry is malformed")
  if (owners.size > 0) return owners
  // What was there before anybody applied belongs to an owner of its own, so that applying does not silently take it.
  const update = { struct, old: undefined, new: live, manager: "before-first-apply", subresource, reach, nowText }
  return ownersAfterUpdate(update, owners)
}

type Outcome = { readonly conflicts: readonly Conflict[] } | { readonly object: AppliedObject; readonly owners: Owners }

function attempt(request: ApplyRequest, patch: JsonObject, base: OwnedObject, before: Owners, force: boolean): Outcome {
  const { struct, manager, subresource, nowText, reach, versions = oneForm(struct) } = request
  const type = mergeTypeOf(struct)
  const apiVersion = String(patch["apiVersion"])
  const key = { manager, operation: "Apply", apiVersion, subresource } as const
  const id = ownerId(key)
  const last = before.get(id)
  const live = withoutOwners(base)
  const fields = reach.within(toFieldSet(type, patch))
  const owners = new Map<string, Owner>(before).set(id, { ...key, time: last?.time, fields })
  try {
    const merged = prune(merge(type, live, patch) as object, { versions, apiVersion, owners, last })
    // Decoded first, so that `1024Mi` is no change of `1Gi`, nor `false` one of absence.
    const object = decodeMerged(struct, patch, merged)
    const changeIn = changeByVersion({ versions, apiVersion, old: live, next: object }, (change) =>
      filtered(zeroesAsChanges(change, fields), reach.within),
    )
    const conflicts = force ? [] : findConflicts(owners, changeIn, id)
    if (conflicts.length > 0) return { conflicts }
    const after = new Map(takeFromOthers(owners, changeIn, id))
    setOwn(after, id, fields.difference(NEVER_OWNED), deepEqual(live, object) ? undefined : nowText)
    return { object, owners: after }
  } catch (error) {
    if (error instanceof ItemError) throw failure(`failed to merge config: ${error.message}`)
    throw error
  }
}

/** What was applied as zero is absent after decoding; to its owners it was changed, not removed. */
function zeroesAsChanges({ added, modified, removed }: Comparison, applied: FieldSet): Comparison {
  const zeroes = removed.intersection(applied)
  return { added, modified: modified.union(zeroes), removed: removed.difference(zeroes) }
}

/** The time changes only when the object does. */
function setOwn(owners: Map<string, Owner>, id: string, fields: FieldSet, time: string | undefined): void {
  const owner = owners.get(id)
  if (owner === undefined) return
  if (fields.isEmpty) owners.delete(id)
  else owners.set(id, { ...owner, fields, time: time ?? owner.time })
}

function withoutAllowed(conflicts: readonly Conflict[], allowed: FieldSet): readonly Conflict[] {
  return conflicts
    .map(({ owner, fields }) => ({ owner, fields: fields.difference(allowed) }))
    .filter(({ fields }) => !fields.isEmpty)
}

function decodeMerged(struct: AnyStruct, patch: JsonObject, merged: unknown): AppliedObject {
  try {
    // A copy, because free-form parts are taken over as they are.
    return decodeValue(struct, deepClone(merged)) as AppliedObject
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw failure(`failed to convert new typed object (${objectText(patch)}) to object: ${error.message}`)
  }
}
