import type { ManagedFieldsEntry } from "../meta/object-meta.ts"
import { FieldSet } from "./field-set.ts"
import { decodeOwners, encodeOwners, type Owner, ownerId } from "./owners.ts"
import { fieldElement, type PathElement } from "./path-element.ts"

/** A Scale shows one field of its parent, and so do its owners: they move between the two with the field. */

const REPLICAS = ["spec", "replicas"].map(fieldElement)

export interface ScaleParent {
  readonly apiVersion: string
  /** Where the parent has its number, such as `["spec", "replicas"]`. */
  readonly replicas: readonly string[]
}

/** The owners that a Scale of the parent has. */
export function ownersOfScale(
  entries: readonly ManagedFieldsEntry[],
  parent: ScaleParent,
  scaleVersion: string,
): ManagedFieldsEntry[] {
  const path = parent.replicas.map(fieldElement)
  const owners = [...(decodeOwners(entries) ?? [])].flatMap(([id, owner]): [string, Owner][] =>
    owner.fields.has(path) ? [[id, { ...owner, apiVersion: scaleVersion, fields: FieldSet.of(REPLICAS) }]] : [],
  )
  // By the ids that they have here: Kubernetes keeps one owner for each manager, subresource and operation.
  return encodeOwners(new Map(owners.map(([, owner]) => [ownerId(owner), owner])))
}

/** The owners of the parent after the Scale's owners have become `scaleEntries`. */
export function ownersOfParent(
  entries: readonly ManagedFieldsEntry[],
  scaleEntries: readonly ManagedFieldsEntry[],
  { apiVersion, replicas }: ScaleParent,
): ManagedFieldsEntry[] {
  const path = replicas.map(fieldElement)
  const now = new Map(
    [...(decodeOwners(scaleEntries) ?? new Map<string, Owner>()).values()]
      .filter(({ fields }) => fields.has(REPLICAS))
      .map((owner) => [ownerId({ ...owner, apiVersion }), owner]),
  )
  const result = new Map<string, Owner>()
  for (const [id, owner] of decodeOwners(entries) ?? []) {
    const keeps = !owner.fields.has(path) || now.delete(id)
    const fields = keeps ? owner.fields : withoutField(owner.fields, path)
    if (!fields.isEmpty) result.set(id, fields === owner.fields ? owner : { ...owner, fields })
  }
  for (const [id, owner] of now) result.set(id, { ...owner, apiVersion, fields: FieldSet.of(path) })
  return encodeOwners(result)
}

const withoutField = (fields: FieldSet, path: readonly PathElement[]) => fields.difference(FieldSet.of(path))
