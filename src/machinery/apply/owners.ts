import { compareKeys } from "../json/key-order.ts"
import type { ManagedFieldsEntry } from "../meta/object-meta.ts"
import { timeToMs } from "../time/timestamp.ts"
import type { FieldSet } from "./field-set.ts"
import { decodeFields, encodeFields, type FieldsV1, sharedFields } from "./fields-v1.ts"

/** Who owns which fields of an object: `metadata.managedFields`, taken apart. */

export type Operation = "Apply" | "Update"

/** One owner: a field manager with what it did, where, and in which version. */
export interface Owner {
  readonly manager: string
  readonly operation: Operation
  readonly apiVersion: string
  readonly subresource: string
  /** When its fields last changed. */
  readonly time: string | undefined
  readonly fields: FieldSet
}

/** By `ownerId`. */
export type Owners = ReadonlyMap<string, Owner>

/** What makes an owner another one. Applying in another version is still the same owner. */
export function ownerId({ manager, operation, apiVersion, subresource }: Omit<Owner, "fields" | "time">): string {
  return JSON.stringify({
    ...(manager === "" ? {} : { manager }),
    operation,
    ...(operation === "Apply" ? {} : { apiVersion }),
    ...(subresource === "" ? {} : { subresource }),
  })
}

/** `managedFields` as they stand in an object; undefined when they make no sense. */
export function decodeOwners(entries: readonly ManagedFieldsEntry[]): Owners | undefined {
  const owners = new Map<string, Owner>()
  for (const entry of entries) {
    const { operation, apiVersion = "", manager = "", subresource = "", time } = entry
    if ((operation !== "Apply" && operation !== "Update") || apiVersion === "" || entry.fieldsType !== "FieldsV1") {
      return undefined
    }
    const fields = fieldsOf(entry.fieldsV1)
    if (fields === undefined) return undefined
    const owner: Owner = { manager, operation, apiVersion, subresource, time, fields }
    owners.set(ownerId(owner), owner)
  }
  return owners
}

// The fields of an owner are read on every write of its object and seldom change.
const decoded = new WeakMap<object, FieldSet>()

function fieldsOf(fieldsV1: FieldsV1 | undefined): FieldSet | undefined {
  const known = fieldsV1 === undefined ? undefined : decoded.get(fieldsV1)
  if (known !== undefined) return known
  try {
    const fields = decodeFields(fieldsV1)
    if (fieldsV1 !== undefined) {
      decoded.set(fieldsV1, fields)
      fields.encoded = fieldsV1
    }
    return fields
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Appliers first, then the oldest first, as Kubernetes orders them. */
export function encodeOwners(owners: Owners): ManagedFieldsEntry[] {
  return [...owners.values()].sort(compareOwners).map(encodeOwner)
}

function encodeOwner({ manager, operation, apiVersion, subresource, time, fields }: Owner): ManagedFieldsEntry {
  let fieldsV1 = fields.encoded
  if (fieldsV1 === undefined) {
    fields.encoded = fieldsV1 = sharedFields(JSON.stringify(encodeFields(fields)))
    decoded.set(fieldsV1, fields)
  }
  return {
    ...(manager === "" ? {} : { manager }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1,
    ...(subresource === "" ? {} : { subresource }),
  }
}

function compareOwners(a: Owner, b: Owner): number {
  if (a.operation !== b.operation) return a.operation === "Apply" ? -1 : 1
  return (
    secondsOf(a) - secondsOf(b) ||
    compareKeys(a.manager, b.manager) ||
    compareKeys(a.apiVersion, b.apiVersion) ||
    compareKeys(a.subresource, b.subresource)
  )
}

/** 0 when there is no time. */
export function secondsOf({ time }: Owner): number {
  return time === undefined ? 0 : Math.floor(timeToMs(time) / 1000)
}
