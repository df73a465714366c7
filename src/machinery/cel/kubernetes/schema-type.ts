import { parseStructural } from "../../structural/parse-structural.ts"
import type { StructuralSchema } from "../../structural/structural-schema.ts"
import type { JsonShape } from "../json/shape.ts"
import { bytesType, durationType, dynType, stringType, timestampType } from "../types.ts"
import {
  type DeclaredType,
  declaredBool,
  declaredDouble,
  declaredInt,
  listType,
  mapType,
  simpleType,
  structType,
} from "./declared-type.ts"
import { escapeName } from "./escape.ts"
import { REQUEST_BYTES_MAX } from "./limits.ts"

/** The longest RFC 3339 time with its quotation marks, and some more. */
const TIME_SIZE = 32
const DATE_SIZE = 12
const TIME_BYTES_MIN = 21
const DURATION_BYTES_MIN = 3
/** A code point takes up to four bytes, and lengths in schemas count code points. */
const BYTES_PER_CODE_POINT = 4
const STRING_SIZE_MAX = REQUEST_BYTES_MAX - '""'.length

/**
 * What expressions see of a value of this schema; undefined for what they cannot see, such as members of which nothing is
 * known. `name` is the name of the type, under which those of its objects are; `isRoot` says that it is a resource, which
 * always has `apiVersion`, `kind`, `metadata.name` and `metadata.generateName`.
 */
export function declareSchema(schema: StructuralSchema, name: string, isRoot: boolean): DeclaredType | undefined {
  const { values } = schema
  if (schema.intOrString) {
    return simpleType(dynType, 1, values.maxLength === undefined ? STRING_SIZE_MAX : codePoints(values.maxLength))
  }
  switch (schema.type) {
    case "array":
      return declareList(schema, name)
    case "object":
      return declareObject(isRoot ? withTypeAndMetadata(schema) : schema, name)
    case "string":
      return declareString(schema)
    case "boolean":
      return declaredBool
    case "number":
      return declaredDouble
    case "integer":
      return declaredInt
    default:
      return undefined
  }
}

const codePoints = (length: number) => Math.max(length, 0) * BYTES_PER_CODE_POINT

function declareList({ items, values }: StructuralSchema, name: string): DeclaredType | undefined {
  const element = items && declareSchema(items, `${name}.@idx`, items.embeddedResource)
  if (element === undefined) return undefined
  const fitting = Math.floor((REQUEST_BYTES_MAX - "[]".length) / (element.bytesMin + ",".length))
  return listType(element, values.maxItems === undefined ? fitting : Math.max(values.maxItems, 0))
}

function declareObject(schema: StructuralSchema, name: string): DeclaredType | undefined {
  const { additionalProperties: others } = schema
  if (typeof others === "object") return declareMap(schema, others, name)
  const required = new Set(schema.values.required)
  const fields = new Map<string, DeclaredType>()
  let bytesMin = "{}".length
  for (const [property, one] of schema.properties) {
    const escaped = escapeName(property)
    const field = declareSchema(one, `${name}.${escaped ?? property}`, one.embeddedResource)
    if (field === undefined) continue
    if (escaped !== undefined) fields.set(escaped, field)
    if (required.has(property) && one.default === undefined) {
      bytesMin += utf8Length(property) + field.bytesMin + '"":,'.length
    }
  }
  return structType(name, fields, bytesMin)
}

const utf8Length = (text: string) => Buffer.byteLength(text, "utf8")

function declareMap(schema: StructuralSchema, others: StructuralSchema, name: string): DeclaredType | undefined {
  const element = declareSchema(others, `${name}.@elem`, others.embeddedResource)
  if (element === undefined) return undefined
  const { maxProperties } = schema.values
  const fitting = Math.floor((REQUEST_BYTES_MAX - "{}".length) / (element.bytesMin + '"":,""'.length))
  return mapType(element, maxProperties === undefined ? fitting : Math.max(maxProperties, 0))
}

function declareString({ values }: StructuralSchema): DeclaredType {
  const { format, maxLength } = values
  if (format === "byte") {
    return simpleType(bytesType, 2, maxLength === undefined ? STRING_SIZE_MAX : Math.max(maxLength, 0))
  }
  if (format === "duration") return simpleType(durationType, DURATION_BYTES_MIN, TIME_SIZE)
  if (format === "date") return simpleType(timestampType, DATE_SIZE, DATE_SIZE)
  if (format === "date-time") return simpleType(timestampType, TIME_BYTES_MIN, TIME_SIZE)
  if (maxLength !== undefined) return simpleType(stringType, 2, codePoints(maxLength))
  if (values.enum.length === 0) return simpleType(stringType, 2, STRING_SIZE_MAX)
  const lengths = values.enum.map((value) => (typeof value === "string" ? utf8Length(value) : 0))
  return simpleType(stringType, 2, Math.max(...lengths))
}

/** How JSON of this schema becomes values. */
export function shapeOf(schema: StructuralSchema, isRoot: boolean): JsonShape {
  const { nullable } = schema
  if (schema.intOrString) return { kind: "intOrString", nullable }
  switch (schema.type) {
    case "array":
      return listShape(schema)
    case "object":
      return objectShape(isRoot ? withTypeAndMetadata(schema) : schema)
    case "string":
      return { kind: STRING_KINDS.get(schema.values.format) ?? "string", nullable }
    case "boolean":
      return { kind: "bool", nullable }
    case "number":
      return { kind: "double", nullable }
    case "integer":
      return { kind: "int", nullable }
    default:
      return { kind: "preserved" }
  }
}

const STRING_KINDS = new Map([
  ["byte", "bytes"],
  ["duration", "duration"],
  ["date", "date"],
  ["date-time", "timestamp"],
] as const) as ReadonlyMap<string, "bytes" | "duration" | "date" | "timestamp">

function listShape({ items, nullable, listType: kind, listMapKeys }: StructuralSchema): JsonShape {
  const shape: JsonShape = items === undefined ? { kind: "preserved" } : shapeOf(items, items.embeddedResource)
  if (kind === "map") return { kind: "list", items: shape, nullable, listType: "map", mapKeys: listMapKeys }
  return { kind: "list", items: shape, nullable, listType: kind === "set" ? "set" : "atomic" }
}

function objectShape({ additionalProperties: others, properties, nullable }: StructuralSchema): JsonShape {
  if (typeof others === "object") return { kind: "map", values: shapeOf(others, others.embeddedResource), nullable }
  const fields = [...properties].map(([jsonName, one]) => {
    const shape = shapeOf(one, one.embeddedResource)
    return [escapeName(jsonName) ?? jsonName, { jsonName, shape }] as const
  })
  return { kind: "object", nullable, fields: new Map(fields) }
}

const TYPE_AND_NAMES = ["apiVersion", "kind"]
const NAMES = ["name", "generateName"]

/** The schema with the members that every resource has. */
export function withTypeAndMetadata(schema: StructuralSchema): StructuralSchema {
  const metadata = schema.properties.get("metadata")
  const isComplete =
    TYPE_AND_NAMES.every((name) => schema.properties.get(name)?.type === "string") &&
    metadata?.type === "object" &&
    NAMES.every((name) => metadata.properties.get(name)?.type === "string")
  if (isComplete) return schema
  const text = plainSchema("string")
  const names = new Map(NAMES.map((name) => [name, text] as const))
  return {
    ...schema,
    properties: new Map([
      ...schema.properties,
      ...TYPE_AND_NAMES.map((name) => [name, text] as const),
      ["metadata", { ...plainSchema("object"), properties: names }],
    ]),
  }
}

function plainSchema(type: "string" | "object"): StructuralSchema {
  return parseStructural({ type })
}
