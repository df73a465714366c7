import { decoderOf } from "../decode/decoder.ts"
import { DECODE_SCALAR, MISMATCH } from "../decode/scalars.ts"
import { sortedKeys } from "../json/key-order.ts"
import { ObjectMeta } from "../meta/object-meta.ts"
import { deepClone, isObject, type JsonObject, setMember } from "../patch/structure.ts"
import type { StructuralSchema } from "./structural-schema.ts"

/**
 * Brings a custom resource to its in-memory form: a copy without what the schema does not know and without nulls that it
 * does not allow, members in the order of their names. Embedded metadata is read as that of every object is.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
 */

export const META_MEMBERS: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata"])

interface Notes {
  unknown: boolean
}
type Prune = (value: unknown, notes: Notes) => unknown

/** Throws `MISMATCH` for members that every object has and that cannot be read. */
export function pruneRoot(schema: StructuralSchema | undefined): (value: unknown, notes: Notes) => JsonObject {
  const pruneMember = membersOf(schema)
  const unknownKept = schema?.preserveUnknownFields ?? false
  return (value, notes) => {
    if (!isObject(value)) throw MISMATCH
    const result = metaOf(value, notes)
    for (const name of sortedKeys(value)) {
      if (!META_MEMBERS.has(name)) copyMember(result, name, value[name], pruneMember, unknownKept, notes)
    }
    return result
  }
}

interface MemberPruner {
  readonly prune: Prune
  readonly dropsNull: boolean
}
type FindMember = (name: string) => MemberPruner | undefined

function copyMember(
  result: JsonObject,
  name: string,
  value: unknown,
  find: FindMember,
  unknownKept: boolean,
  notes: Notes,
): void {
  const member = find(name)
  if (member !== undefined) {
    if (value !== undefined && (value !== null || !member.dropsNull)) {
      setMember(result, name, value === null ? null : member.prune(value, notes))
    }
  } else if (unknownKept) setMember(result, name, deepClone(value))
  else notes.unknown = true
}

/** What stands for every object: text, and metadata like that of any other object. */
function metaOf(value: JsonObject, notes: Notes): JsonObject {
  const result: JsonObject = {}
  for (const name of ["apiVersion", "kind"]) {
    if (Object.hasOwn(value, name)) result[name] = DECODE_SCALAR.string(value[name])
  }
  if (Object.hasOwn(value, "metadata")) {
    const { metadata } = value
    result["metadata"] = metadata === null ? {} : decoderOf(ObjectMeta).decode(metadata, notes)
  }
  return result
}

/** Compiled on first use of each member: a definition can have thousands, of which an object has a few. */
function membersOf(schema: StructuralSchema | undefined): FindMember {
  if (schema === undefined) return () => undefined
  const { properties, additionalProperties: others } = schema
  const known = new Map<string, MemberPruner>()
  const rest = others === undefined ? undefined : memberPruner(typeof others === "object" ? others : undefined)
  return (name) => {
    let member = known.get(name)
    if (member !== undefined) return member
    const property = properties.get(name)
    if (property === undefined) return rest
    known.set(name, (member = memberPruner(property)))
    return member
  }
}

function memberPruner(schema: StructuralSchema | undefined): MemberPruner {
  const dropsNull = schema !== undefined && !schema.nullable && schema.default === undefined
  return { prune: pruner(schema), dropsNull }
}

/** Without a schema objects lose everything; `additionalProperties: true` lets only scalars through. */
function pruner(schema: StructuralSchema | undefined): Prune {
  const find = membersOf(schema)
  const item = lazily(() => (schema?.preserveUnknownFields ? keeper(schema.items) : pruner(schema?.items)))
  return pruneBy(schema, find, item, schema?.preserveUnknownFields ?? false)
}

/** Below a list whose unknown members are kept. */
function keeper(schema: StructuralSchema | undefined): Prune {
  if (schema === undefined) return deepClone
  return pruneBy(
    schema,
    membersOf(schema),
    lazily(() => keeper(schema.items)),
    true,
  )
}

function pruneBy(
  schema: StructuralSchema | undefined,
  find: FindMember,
  item: () => Prune,
  unknownKept: boolean,
): Prune {
  const embedded = schema?.embeddedResource ?? false
  return (value, notes) => {
    if (typeof value !== "object" || value === null) return value
    if (Array.isArray(value)) {
      const prune = item()
      return value.map((one) => prune(one, notes))
    }
    if (!isObject(value)) return value
    const result: JsonObject = embedded ? metaOf(value, notes) : {}
    for (const name of sortedKeys(value)) {
      if (embedded && META_MEMBERS.has(name)) continue
      copyMember(result, name, value[name], find, unknownKept, notes)
    }
    return result
  }
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
