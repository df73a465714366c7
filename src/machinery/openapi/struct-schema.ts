import type { AnyStruct, FieldSchema, TypeSchema, UnionRule } from "../schema/schema.ts"
import { type Dialect, type JsonSchema, reference } from "./dialect.ts"
import { scalarSchema, scalarZero } from "./scalar-schema.ts"

/** A struct as a schema: its members in alphabetical order, with what Kubernetes' clients read from extensions. */
export function structSchema(dialect: Dialect, struct: AnyStruct): JsonSchema {
  if (struct.form !== undefined) return struct.form.publish(dialect)
  const properties: JsonSchema = {}
  const required: string[] = []
  for (const name of [...struct.members.keys()].sort()) {
    const field = struct.members.get(name)
    if (field !== undefined) properties[name] = fieldSchema(dialect, field)
  }
  for (const [name, field] of struct.members) if (field.required) required.push(name)
  return {
    ...describe(struct.doc),
    ...(struct.members.size === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required }),
    type: "object",
    ...(struct.mapType === undefined ? {} : { "x-kubernetes-map-type": struct.mapType }),
    ...unionExtension(struct.unions),
  }
}

function describe(doc: string): JsonSchema {
  return doc === "" ? {} : { description: doc }
}

function fieldSchema(dialect: Dialect, field: FieldSchema): JsonSchema {
  const type = field.type()
  const schema = typeSchema(dialect, type)
  const extras = { ...describe(docOf(field)), ...published(dialect, field, type), ...extensions(field) }
  // Version 3 ignores what stands beside a reference, so the reference goes one level down there.
  const isReference = dialect === "v3" && "$ref" in schema
  return isReference && Object.keys(extras).length > 0 ? { allOf: [schema], ...extras } : { ...schema, ...extras }
}

function docOf({ doc, deprecated }: FieldSchema): string {
  return deprecated === undefined ? doc : `${doc}${doc === "" ? "" : " "}Deprecated: ${deprecated}`
}

export function typeSchema(dialect: Dialect, type: TypeSchema): JsonSchema {
  switch (type.type) {
    case "struct":
    case "either":
      return reference(dialect, type.name)
    case "list":
      return { items: typeSchema(dialect, type.item), type: "array" }
    case "map":
      return { additionalProperties: typeSchema(dialect, type.value), type: "object" }
    default:
      return scalarSchema(dialect, type.type)
  }
}

/** Kubernetes publishes defaults, enumerations and bounds only in version 3. */
function published(dialect: Dialect, field: FieldSchema, type: TypeSchema): JsonSchema {
  if (dialect === "v2") return {}
  const { min, max, maxLength, minItems, maxItems } = field
  const standard = publishedDefault(field)
  return {
    ...(standard === undefined ? {} : { default: standard }),
    // An enumeration of the items of a list would have to stand with them.
    ...(field.enum === undefined || type.type !== "string" ? {} : { enum: field.enum.toSorted() }),
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max }),
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(minItems === undefined ? {} : { minItems }),
    ...(maxItems === undefined ? {} : { maxItems }),
  }
}

/** What version 3 says that a field is when it is absent; undefined when nothing. */
export function publishedDefault(field: FieldSchema): unknown {
  const standard = field.openapiDefault ?? field.default
  if (standard !== undefined || field.presence !== "always") return standard
  const type = field.type()
  switch (type.type) {
    case "struct":
      // A required object may be a pointer, which has no default; the others are never absent.
      return field.required ? undefined : {}
    case "list":
    case "map":
    case "either":
      return undefined
    default:
      return scalarZero(type.type)
  }
}

function extensions({ listType, mapKeys, mapType, mergeKey, patchStrategy }: FieldSchema): JsonSchema {
  return {
    ...(mapKeys === undefined ? {} : { "x-kubernetes-list-map-keys": mapKeys }),
    ...(listType === undefined ? {} : { "x-kubernetes-list-type": listType }),
    ...(mapType === undefined ? {} : { "x-kubernetes-map-type": mapType }),
    ...(mergeKey === undefined ? {} : { "x-kubernetes-patch-merge-key": mergeKey }),
    ...(patchStrategy === undefined ? {} : { "x-kubernetes-patch-strategy": patchStrategy }),
  }
}

function unionExtension(unions: readonly UnionRule[] | undefined): JsonSchema {
  const known = (unions ?? []).filter(({ published: isPublished }) => isPublished)
  if (known.length === 0) return {}
  const described = known.map(({ discriminator, members }) => ({
    ...(discriminator === undefined ? {} : { discriminator }),
    "fields-to-discriminateBy": Object.fromEntries(members.map((name) => [name, capitalised(name)])),
  }))
  return { "x-kubernetes-unions": described }
}

export function capitalised(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1)
}
