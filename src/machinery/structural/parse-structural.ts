import type { SchemaSource } from "./schema-source.ts"
import type { Extensions, Generic, NestedValidation, StructuralSchema, ValueValidation } from "./structural-schema.ts"

/** The source holds something that no structural schema can say. The message is Kubernetes'. */
export class StructuralError extends Error {}

/** Throws `StructuralError`. Whether the result is structural is a question for `validateStructural`. */
export function parseStructural(source: SchemaSource): StructuralSchema {
  refuseUnsupported(source)
  const { additionalProperties: others } = source
  return {
    ...generic(source),
    ...extensions(source),
    rules: source["x-kubernetes-validations"] ?? [],
    values: valueValidation(source),
    items: source.items === undefined ? undefined : parseStructural(singleItems(source.items)),
    properties: mapValues(source.properties, parseStructural),
    additionalProperties: typeof others === "object" ? parseStructural(others) : others,
  }
}

/** Throws `StructuralError`. */
export function parseNested(source: SchemaSource): NestedValidation {
  refuseUnsupported(source)
  const { additionalProperties: others } = source
  return {
    ...valueValidation(source),
    rules: source["x-kubernetes-validations"] ?? [],
    forbidden: { ...generic(source), ...extensions(source) },
    items: source.items === undefined ? undefined : parseNested(singleItems(source.items)),
    properties: mapValues(source.properties, parseNested),
    additionalProperties: typeof others === "object" ? parseNested(others) : others ? parseNested({}) : undefined,
  }
}

function mapValues<V>(
  source: Readonly<Record<string, SchemaSource>> | undefined,
  parse: (one: SchemaSource) => V,
): ReadonlyMap<string, V> {
  return new Map(Object.entries(source ?? {}).map(([name, one]) => [name, parse(one)]))
}

function singleItems(items: SchemaSource | readonly SchemaSource[]): SchemaSource {
  if (!isList(items)) return items
  throw new StructuralError("OpenAPIV3Schema 'items' must be a schema, but is an array")
}

function isList(items: SchemaSource | readonly SchemaSource[]): items is readonly SchemaSource[] {
  return Array.isArray(items)
}

function generic(source: SchemaSource): Generic {
  const { externalDocs: docs } = source
  return {
    description: source.description ?? "",
    type: source.type ?? "",
    title: source.title ?? "",
    default: source.default ?? undefined,
    nullable: source.nullable ?? false,
    externalDocs: docs && { description: docs.description ?? "", url: docs.url ?? "" },
    example: source.example ?? undefined,
  }
}

function extensions(source: SchemaSource): Extensions {
  if (source["x-kubernetes-preserve-unknown-fields"] === false) {
    throw new StructuralError("internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined")
  }
  return {
    preserveUnknownFields: source["x-kubernetes-preserve-unknown-fields"] ?? false,
    embeddedResource: source["x-kubernetes-embedded-resource"] ?? false,
    intOrString: source["x-kubernetes-int-or-string"] ?? false,
    listMapKeys: source["x-kubernetes-list-map-keys"] ?? [],
    listType: source["x-kubernetes-list-type"],
    mapType: source["x-kubernetes-map-type"],
  }
}

function valueValidation(source: SchemaSource): ValueValidation {
  return {
    format: source.format ?? "",
    maximum: source.maximum,
    exclusiveMaximum: source.exclusiveMaximum ?? false,
    minimum: source.minimum,
    exclusiveMinimum: source.exclusiveMinimum ?? false,
    maxLength: source.maxLength,
    minLength: source.minLength,
    pattern: source.pattern ?? "",
    maxItems: source.maxItems,
    minItems: source.minItems,
    uniqueItems: source.uniqueItems ?? false,
    multipleOf: source.multipleOf,
    enum: source.enum ?? [],
    maxProperties: source.maxProperties,
    minProperties: source.minProperties,
    required: source.required ?? [],
    allOf: (source.allOf ?? []).map(parseNested),
    anyOf: (source.anyOf ?? []).map(parseNested),
    oneOf: (source.oneOf ?? []).map(parseNested),
    not: source.not && parseNested(source.not),
  }
}

const isSet = (value: object | string | undefined) =>
  value !== undefined && (typeof value === "string" ? value !== "" : Object.keys(value).length > 0)

function refuseUnsupported(source: SchemaSource): void {
  const unsupported = (
    [
      ["id", isSet(source.id)],
      ["schema", isSet(source.$schema)],
      ["$ref", isSet(source.$ref)],
      ["patternProperties", isSet(source.patternProperties)],
      ["dependencies", isSet(source.dependencies)],
      ["additionalItems", source.additionalItems !== undefined],
      ["definitions", isSet(source.definitions)],
    ] as const
  ).find(([, found]) => found)
  if (unsupported !== undefined) throw new StructuralError(`OpenAPIV3Schema '${unsupported[0]}' is not supported`)
}
