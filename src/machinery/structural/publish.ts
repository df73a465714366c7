import { ObjectMeta } from "../meta/object-meta.ts"
import { type Dialect, type JsonSchema, reference } from "../openapi/dialect.ts"
import type { Extensions, Generic, NestedValidation, StructuralSchema, ValueValidation } from "./structural-schema.ts"
import { intOrStringPattern } from "./validate-structural.ts"

/**
 * The OpenAPI definition of a custom resource. Version 2 says less: no alternatives, nothing nullable, no defaults, and
 * nothing about the members of what keeps unknown ones, because kubectl would refuse those it does not find.
 */
export function publish(dialect: Dialect, schema: StructuralSchema | undefined): JsonSchema {
  const isOpen = dialect === "v2" && schema?.preserveUnknownFields
  if (schema === undefined || isOpen) return { type: "object" }
  const published = dialect === "v2" ? inVersion2(schema) : inVersion3(schema)
  const properties = { ...(published["properties"] as JsonSchema | undefined), ...commonMembers(dialect) }
  return { ...published, properties: inOrder(properties) }
}

// Kubernetes' conformance tests look for the first words of these.
const API_VERSION_DOC = "APIVersion defines the API group and version of this object, such as apps/v1."
const KIND_DOC = "The kind of this object, such as Pod."
const METADATA_DOC = "Standard object's metadata: name, labels and other data that every object has."

function commonMembers(dialect: Dialect): JsonSchema {
  const metadata = reference(dialect, ObjectMeta.name)
  return {
    apiVersion: { description: API_VERSION_DOC, type: "string" },
    kind: { description: KIND_DOC, type: "string" },
    metadata: { ...(dialect === "v3" ? { allOf: [metadata] } : metadata), description: METADATA_DOC },
  }
}

function inOrder(properties: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function inVersion3(schema: StructuralSchema): JsonSchema {
  const { items, additionalProperties: others, properties, values, rules } = schema
  const members = [...properties].map(([name, property]) => [name, inVersion3(property)] as const)
  return withEmbedded("v3", schema, {
    ...genericMembers(schema),
    ...(schema.default === undefined ? {} : { default: schema.default }),
    ...(schema.nullable ? { nullable: true } : {}),
    ...extensionMembers(schema),
    ...valueMembers(values),
    ...spelledOut(schema),
    ...(rules.length === 0 ? {} : { "x-kubernetes-validations": rules }),
    ...(items === undefined ? {} : { items: inVersion3(items) }),
    ...(members.length === 0 ? {} : { properties: inOrder(Object.fromEntries(members)) }),
    ...(others === undefined ? {} : { additionalProperties: typeof others === "object" ? inVersion3(others) : others }),
  })
}

function inVersion2(schema: StructuralSchema): JsonSchema {
  const { items, additionalProperties: others, properties, values, rules, nullable } = schema
  const isOpen = schema.preserveUnknownFields
  const closed = nullable || isOpen
  // kubectl can do nothing with a list without items, nor with an open object.
  const untyped = nullable || (isOpen && schema.type === "object") || (schema.type === "array" && (closed || !items))
  const members = closed ? [] : [...properties].map(([name, property]) => [name, inVersion2(property)] as const)
  const required =
    typeof others === "object" && others.nullable
      ? []
      : values.required.filter((name) => closed || properties.get(name)?.nullable !== true)
  const shown = { ...simpleMembers(values), ...(required.length === 0 ? {} : { required }) }
  const published = {
    ...genericMembers(untyped ? { ...schema, type: "" } : schema),
    ...extensionMembers(schema),
    ...shown,
    ...(rules.length === 0 ? {} : { "x-kubernetes-validations": rules }),
    ...(items === undefined || closed ? {} : { items: inVersion2(items) }),
    ...(members.length === 0 ? {} : { properties: inOrder(Object.fromEntries(members)) }),
    ...(others === undefined ? {} : { additionalProperties: typeof others === "object" ? inVersion2(others) : others }),
  }
  return isOpen ? published : withEmbedded("v2", schema, published)
}

/** Whole objects inside another one have the members that every object has. */
function withEmbedded(dialect: Dialect, { embeddedResource }: StructuralSchema, published: JsonSchema): JsonSchema {
  if (!embeddedResource) return published
  const required = (published["required"] ?? []) as readonly string[]
  return {
    ...published,
    properties: inOrder({ ...(published["properties"] as JsonSchema | undefined), ...commonMembers(dialect) }),
    required: [...new Set([...required, "kind", "apiVersion"])],
  }
}

function genericMembers({ description, type, title, externalDocs, example }: Generic): JsonSchema {
  const docs = externalDocs && {
    ...(externalDocs.description === "" ? {} : { description: externalDocs.description }),
    ...(externalDocs.url === "" ? {} : { url: externalDocs.url }),
  }
  return {
    ...(description === "" ? {} : { description }),
    ...(type === "" ? {} : { type }),
    ...(title === "" ? {} : { title }),
    ...(docs === undefined ? {} : { externalDocs: docs }),
    ...(example === undefined ? {} : { example }),
  }
}

function extensionMembers(schema: Extensions): JsonSchema {
  return {
    ...(schema.preserveUnknownFields ? { "x-kubernetes-preserve-unknown-fields": true } : {}),
    ...(schema.embeddedResource ? { "x-kubernetes-embedded-resource": true } : {}),
    ...(schema.intOrString ? { "x-kubernetes-int-or-string": true } : {}),
    ...(schema.listMapKeys.length === 0 ? {} : { "x-kubernetes-list-map-keys": schema.listMapKeys }),
    ...(schema.listType === undefined ? {} : { "x-kubernetes-list-type": schema.listType }),
    ...(schema.mapType === undefined ? {} : { "x-kubernetes-map-type": schema.mapType }),
  }
}

const BOUNDS = [
  "maximum",
  "minimum",
  "maxLength",
  "minLength",
  "maxItems",
  "minItems",
  "multipleOf",
  "maxProperties",
  "minProperties",
] as const

function simpleMembers(values: ValueValidation): JsonSchema {
  const published: JsonSchema = {}
  for (const name of BOUNDS) if (values[name] !== undefined) published[name] = values[name]
  for (const name of ["exclusiveMaximum", "exclusiveMinimum", "uniqueItems"] as const) {
    if (values[name]) published[name] = true
  }
  for (const name of ["format", "pattern"] as const) if (values[name] !== "") published[name] = values[name]
  if (values.enum.length > 0) published["enum"] = values.enum
  return published
}

function valueMembers(values: ValueValidation): JsonSchema {
  const published = simpleMembers(values)
  if (values.required.length > 0) published["required"] = values.required
  for (const name of ["allOf", "anyOf", "oneOf"] as const) {
    if (values[name].length > 0) published[name] = values[name].map(nestedSchema)
  }
  if (values.not !== undefined) published["not"] = nestedSchema(values.not)
  return published
}

function nestedSchema(part: NestedValidation): JsonSchema {
  const members = [...part.properties].map(([name, property]) => [name, nestedSchema(property)] as const)
  return {
    ...genericMembers(part.forbidden),
    ...valueMembers(part),
    ...(part.rules.length === 0 ? {} : { "x-kubernetes-validations": part.rules }),
    ...(part.items === undefined ? {} : { items: nestedSchema(part.items) }),
    ...(members.length === 0 ? {} : { properties: inOrder(Object.fromEntries(members)) }),
  }
}

const INT_OR_STRING: readonly JsonSchema[] = [{ type: "integer" }, { type: "string" }]

/** Readers that do not know the extension find the two types all the same. */
function spelledOut({ intOrString, values }: StructuralSchema): JsonSchema {
  if (!intOrString || intOrStringPattern(values) !== undefined) return {}
  if (values.anyOf.length === 0) return { anyOf: INT_OR_STRING }
  return { allOf: [{ anyOf: INT_OR_STRING }, ...values.allOf.map(nestedSchema)] }
}
