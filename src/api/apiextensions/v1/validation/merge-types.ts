import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { type Errors, NONE, oneOf } from "../../../core/v1/validation/rules.ts"
import type { JSONSchemaProps } from "../json-schema-props.ts"

/** How lists and objects of a custom resource are merged. */

const LIST_TYPE = "x-kubernetes-list-type"
const MAP_TYPE = "x-kubernetes-map-type"
const MAP_KEYS = "x-kubernetes-list-map-keys"

export function validateMapType(schema: JSONSchemaProps, path: FieldPath): Errors {
  const mapType = schema[MAP_TYPE]
  if (mapType === undefined) return NONE
  return [
    ...mustBe("object", schema.type, path, `must be object if ${MAP_TYPE} is specified`),
    ...oneOf(mapType, ["atomic", "granular"], path.child(MAP_TYPE)),
  ]
}

function mustBe(wanted: string, type = "", path: FieldPath, why: string): Errors {
  if (type === wanted) return NONE
  const at = path.child("type")
  return [type === "" ? field.required(at, why) : field.invalid(at, type, why)]
}

export function validateListType(schema: JSONSchemaProps, path: FieldPath): Errors {
  const listType = schema[LIST_TYPE]
  const keys = schema[MAP_KEYS] ?? []
  const wrongType =
    listType === undefined ? NONE : mustBe("array", schema.type, path, `must be array if ${LIST_TYPE} is specified`)
  const items = itemsOf(schema)
  const why = `must be map if ${MAP_KEYS} is non-empty`
  return [
    ...wrongType,
    ...(listType === "set" && wrongType.length === 0 && items !== undefined
      ? validateSetItems(items, path.child("items"))
      : NONE),
    ...(listType === undefined ? NONE : oneOf(listType, ["atomic", "set", "map"], path.child(LIST_TYPE))),
    ...(keys.length === 0 || listType === "map"
      ? NONE
      : [
          listType === undefined
            ? field.required(path.child(LIST_TYPE), why)
            : field.invalid(path.child(LIST_TYPE), listType, why),
        ]),
    ...(listType === "map" ? validateMapList(schema, keys, path) : NONE),
    ...(items !== undefined && items.nullable && (listType === "set" || listType === "map")
      ? [field.forbidden(path.child("items").child("nullable"), `cannot be nullable when ${LIST_TYPE} is ${listType}`)]
      : NONE),
    ...(items !== undefined && listType === "map" ? validateKeys(items, keys, path.child("items")) : NONE),
  ]
}

function itemsOf({ items }: JSONSchemaProps): JSONSchemaProps | undefined {
  return items === undefined || Array.isArray(items) ? undefined : (items as JSONSchemaProps)
}

/** Items of a set are compared as a whole. */
function validateSetItems(items: JSONSchemaProps, path: FieldPath): Errors {
  const why = `must be atomic as item of a list with ${LIST_TYPE}=set`
  const listType = items[LIST_TYPE]
  if (items.type === "array" && listType !== undefined && listType !== "atomic") {
    return [field.invalid(path.child(LIST_TYPE), listType, why)]
  }
  if (items.type === "object" && items[MAP_TYPE] !== "atomic") {
    // As in Kubernetes, the value shown is that of the list type.
    return [field.invalid(path.child(MAP_TYPE), listType, why)]
  }
  return NONE
}

function validateMapList(schema: JSONSchemaProps, keys: readonly string[], path: FieldPath): Errors {
  const at = path.child("items")
  const items = itemsOf(schema)
  return [
    ...(keys.length === 0 ? [field.required(path.child(MAP_KEYS), `must not be empty if ${LIST_TYPE} is map`)] : NONE),
    ...(schema.items === undefined ? [field.required(at, `must have a schema if ${LIST_TYPE} is map`)] : NONE),
    ...(schema.items !== undefined && items === undefined
      ? [field.invalid(at, schema.items, `must only have a single schema if ${LIST_TYPE} is map`)]
      : NONE),
    ...(items === undefined ? NONE : validateMapItems(items, keys, path)),
  ]
}

function validateMapItems(items: JSONSchemaProps, keys: readonly string[], path: FieldPath): Errors {
  const { type = "", properties = {} } = items
  const at = path.child("items")
  if (type !== "object") {
    return [field.invalid(at.child("type"), type, `must be object if parent array's ${LIST_TYPE} is map`)]
  }
  const invalid = (why: string) => field.invalid(path.child(MAP_KEYS), keys, why)
  return keys.flatMap((key, index) => {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined
    const scalar = property?.type !== "array" && property?.type !== "object"
    const why = `must be a scalar type if parent array's ${LIST_TYPE} is map`
    return [
      ...(property === undefined ? [invalid("entries must all be names of item properties")] : NONE),
      // As in Kubernetes, the value shown is the type of the item.
      ...(scalar ? NONE : [field.invalid(at.child("properties").key(key).child("type"), type, why)]),
      ...(keys.indexOf(key) < index ? [invalid("must not contain duplicate entries")] : NONE),
    ]
  })
}

/** Every item must have its keys. */
function validateKeys(items: JSONSchemaProps, keys: readonly string[], path: FieldPath): Errors {
  const { properties = {}, required = [] } = items
  return keys.flatMap((key) => {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined
    if (property === undefined) return NONE
    const at = path.child("properties").key(key)
    const why = `this property is in ${MAP_KEYS}, so it`
    return [
      ...(required.includes(key) || property.default !== undefined
        ? NONE
        : [field.required(at.child("default"), `${why} must have a default or be a required property`)]),
      ...(property.nullable ? [field.forbidden(at.child("nullable"), `${why} cannot be nullable`)] : NONE),
    ]
  })
}
