import {
  type AnyType,
  type LeafType,
  type MapType,
  type MergeType,
  mergeTypeOf,
  type StructType,
} from "../apply/merge-type.ts"
import { ObjectMeta } from "../meta/object-meta.ts"
import type { StructuralSchema } from "./structural-schema.ts"

/**
 * How server-side apply merges a custom resource. Where the schema says nothing objects are merged member by member, and
 * lists are owned as one.
 */

const LEAF: LeafType = { type: "leaf" }
const DEDUCED: AnyType = {
  type: "any",
  ofList: LEAF,
  ofObject: {
    type: "map",
    get value() {
      return DEDUCED
    },
  },
}

export function customMergeType(schema: StructuralSchema | undefined): StructType {
  const keeps = schema?.preserveUnknownFields ?? schema === undefined
  return structType(schema, keeps, true)
}

/** `keeps`: this object or one around it keeps what its schema does not know. */
function typeOf(schema: StructuralSchema, inherited: boolean): MergeType {
  const keeps = inherited || schema.preserveUnknownFields
  switch (schema.type) {
    case "object":
      return objectType(schema, keeps)
    case "array":
      return listType(schema, keeps)
    case "":
      return { type: "any", ofList: listType(schema, keeps), ofObject: objectType(schema, keeps) }
    default:
      return LEAF
  }
}

function objectType(schema: StructuralSchema, keeps: boolean): MergeType {
  if (schema.mapType === "atomic") return LEAF
  if (schema.properties.size === 0 && !schema.embeddedResource) {
    return mapType(schema, keeps) ?? structType(schema, keeps, false)
  }
  return structType(schema, keeps, schema.embeddedResource)
}

function mapType(schema: StructuralSchema, keeps: boolean): MapType | undefined {
  const value = entryType(schema, keeps)
  return value && { type: "map", value }
}

/** The type of members that the schema does not name. */
function entryType(schema: StructuralSchema | undefined, keeps: boolean): MergeType | undefined {
  const others = schema?.additionalProperties
  if (typeof others === "object") return typeOf(others, keeps)
  if (others !== undefined) return others ? DEDUCED : undefined
  return keeps || schema === undefined || schema.properties.size === 0 ? DEDUCED : undefined
}

function structType(schema: StructuralSchema | undefined, keeps: boolean, isResource: boolean): StructType {
  const common: readonly (readonly [string, MergeType])[] = isResource
    ? [
        ["apiVersion", LEAF],
        ["kind", LEAF],
        ["metadata", mergeTypeOf(ObjectMeta)],
      ]
    : []
  const known = new Map<string, MergeType>(common)
  // A resource has members at any rate, so it is never free of form.
  const other =
    isResource && !keeps && schema?.additionalProperties === undefined ? undefined : entryType(schema, keeps)
  return {
    type: "struct",
    member: (name) => {
      let type = known.get(name)
      const property = schema?.properties.get(name)
      if (type === undefined && property !== undefined) known.set(name, (type = typeOf(property, keeps)))
      return type ?? other
    },
    isEntry: (name) => !known.has(name) && schema?.properties.has(name) !== true,
  }
}

export function listType(schema: StructuralSchema, keeps: boolean): MergeType {
  const { items, listMapKeys } = schema
  if (schema.listType === "set") return { type: "set" }
  if (schema.listType !== "map" || items === undefined) return LEAF
  const keys = listMapKeys.toSorted().map((name) => ({ name, standard: items.properties.get(name)?.default }))
  return { type: "keyed", item: typeOf(items, keeps), keys, declaredKeys: listMapKeys }
}
