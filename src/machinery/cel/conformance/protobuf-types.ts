import { create, type DescField, type DescMessage, type Registry, ScalarType, toJson } from "@bufbuild/protobuf"
import { type ReflectList, type ReflectMap, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect"
import { anyPack } from "@bufbuild/protobuf/wkt"
import type { TypeProvider } from "../declarations.ts"
import { CelError } from "../error.ts"
import { jsonToCel } from "../json/json-value.ts"
import { celToJson } from "../json/to-json.ts"
import { CelList } from "../list.ts"
import { CelMap } from "../map.ts"
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  intType,
  listOf,
  mapOf,
  nullType,
  objectType,
  stringType,
  uintType,
} from "../types.ts"
import { CelDuration, type CelResult, CelTimestamp, CelUint, type CelValue } from "../value.ts"
import { wellKnownTypes } from "../well-known-types.ts"
import { isWrapper, messageToCel, ProtobufObject } from "./protobuf-object.ts"

/** Thrown while a message is made from a value that does not fit. */
class Unfit extends Error {}

/** The messages of a registry as CEL's types. */
export function protobufTypes(registry: Registry): TypeProvider {
  return {
    findType: (name) => wellKnownTypes.get(name) ?? (registry.getMessage(name) && objectType(name)),
    findField(typeName, name) {
      const field = registry.getMessage(typeName)?.fields.find((field) => field.name === name)
      return field && { type: fieldType(field) }
    },
    findConstant(name) {
      const dot = name.lastIndexOf(".")
      const value = registry.getEnum(name.slice(0, dot))?.values.find((value) => value.name === name.slice(dot + 1))
      return value && BigInt(value.number)
    },
    create(typeName, fields) {
      const desc = registry.getMessage(typeName)
      if (desc === undefined) return new CelError(`unknown type: ${typeName}`)
      try {
        return makeMessage(desc, fields, registry)
      } catch (error) {
        if (error instanceof Unfit) return new CelError(error.message)
        throw error
      }
    },
  }
}

function makeMessage(desc: DescMessage, fields: ReadonlyMap<string, CelValue>, registry: Registry): CelResult {
  const message = reflect(desc, create(desc))
  for (const [name, value] of fields) {
    const field = desc.fields.find((field) => field.name === name)
    if (field === undefined) return new CelError(`no such field: ${name}`)
    setField(message, field, value, registry)
  }
  return messageToCel(message, registry)
}

function setField(message: ReflectMessage, field: DescField, value: CelValue, registry: Registry): void {
  switch (field.fieldKind) {
    case "scalar":
      check(message.set(field, toScalar(field.scalar, value)))
      return
    case "enum":
      check(message.set(field, toEnum(value)))
      return
    case "message": {
      const any = field.message.typeName === "google.protobuf.Any" || field.message.typeName === "google.protobuf.Value"
      if (value === null && !any) {
        if (!isNullable(field.message)) throw new Unfit("unsupported field type")
        return
      }
      check(message.set(field, toMessage(field.message, value, registry)))
      return
    }
    case "list": {
      if (!(value instanceof CelList)) throw new Unfit("unsupported field type")
      const list = message.get(field) as ReflectList
      for (const item of value) check(list.add(toItem(field, item as CelValue, registry)))
      return
    }
    case "map": {
      if (!(value instanceof CelMap)) throw new Unfit("unsupported field type")
      const map = message.get(field) as ReflectMap
      for (const key of value.keys()) {
        if (field.mapKey === ScalarType.STRING && typeof key !== "string") throw new Unfit("bad key type")
        map.set(toScalar(field.mapKey, key), toItem(field, value.find(key) as CelValue, registry))
      }
    }
  }
}

/** Messages whose fields take null for unset; all but those that are JSON themselves. */
function isNullable(desc: DescMessage): boolean {
  return desc.typeName !== "google.protobuf.Struct" && desc.typeName !== "google.protobuf.ListValue"
}

/** What the reflection gives back instead of throwing. */
function check(result: unknown): void {
  if (result instanceof Error) throw new Unfit(result.message)
}

function toItem(field: DescField & { fieldKind: "list" | "map" }, value: CelValue, registry: Registry): unknown {
  const kind = field.fieldKind === "list" ? field.listKind : field.mapKind
  if (kind === "scalar") return toScalar(field.scalar as ScalarType, value)
  return kind === "enum" ? toEnum(value) : toMessage(field.message as DescMessage, value, registry)
}

function toEnum(value: CelValue): number {
  if (value === null) return 0
  if (typeof value !== "bigint" || BigInt.asIntN(32, value) !== value) throw new Unfit("integer overflow")
  return Number(value)
}

function toScalar(type: ScalarType, value: CelValue): unknown {
  const plain = value instanceof CelUint ? value.value : value
  if (type === ScalarType.FLOAT && typeof plain === "number") return Math.fround(plain)
  const small =
    type === ScalarType.INT32 || type === ScalarType.SINT32 || type === ScalarType.SFIXED32
      ? BigInt.asIntN
      : type === ScalarType.UINT32 || type === ScalarType.FIXED32
        ? BigInt.asUintN
        : undefined
  if (small !== undefined && typeof plain === "bigint") {
    if (small(32, plain) !== plain) throw new Unfit("integer overflow")
    return Number(plain)
  }
  if (plain === null || (typeof plain === "object" && !(plain instanceof Uint8Array)))
    throw new Unfit("unsupported field type")
  return plain
}

function toMessage(desc: DescMessage, value: CelValue, registry: Registry): ReflectMessage {
  const message = reflect(desc, create(desc))
  const set = (name: string, value: CelValue) => {
    const field = desc.fields.find((field) => field.name === name)
    if (field !== undefined) setField(message, field, value, registry)
  }
  if (value instanceof ProtobufObject && value.message.desc.typeName === desc.typeName) return value.message
  if (isWrapper(desc)) set("value", value)
  else if (value instanceof CelTimestamp && desc.typeName === "google.protobuf.Timestamp") {
    set("seconds", BigInt(value.seconds))
    set("nanos", BigInt(value.nanos))
  } else if (value instanceof CelDuration && desc.typeName === "google.protobuf.Duration") {
    set("seconds", value.nanos / 1_000_000_000n)
    set("nanos", value.nanos % 1_000_000_000n)
  } else if (value instanceof CelMap && desc.typeName === "google.protobuf.Struct") set("fields", value)
  else if (value instanceof CelList && desc.typeName === "google.protobuf.ListValue") set("values", value)
  else if (desc.typeName === "google.protobuf.Value") setJson(set, value)
  else if (desc.typeName === "google.protobuf.Any") return packed(desc, value, registry)
  else throw new Unfit("unsupported field type")
  return message
}

/** As JSON has it: whole numbers beyond 2^53 are text. */
function setJson(set: (name: string, value: CelValue) => void, value: CelValue): void {
  const plain = value instanceof CelUint ? value.value : value
  if (plain === null) set("null_value", 0n)
  else if (typeof plain === "boolean") set("bool_value", plain)
  else if (typeof plain === "number") set("number_value", plain)
  else if (typeof plain === "bigint") {
    const exact = Number.isSafeInteger(Number(plain))
    set(exact ? "number_value" : "string_value", exact ? Number(plain) : String(plain))
  } else if (typeof plain === "string") set("string_value", plain)
  else if (plain instanceof CelMap) set("struct_value", plain)
  else if (plain instanceof CelList) set("list_value", plain)
  else if (plain instanceof Uint8Array) set("string_value", Buffer.from(plain).toString("base64"))
  else if (plain instanceof CelTimestamp || plain instanceof CelDuration)
    set("string_value", celToJson(plain) as string)
  else if (plain instanceof ProtobufObject) {
    const { desc, message } = plain.message
    setJson(set, jsonToCel(toJson(desc, message)) as CelValue)
  } else throw new Unfit("unsupported field type")
}

function packed(desc: DescMessage, value: CelValue, registry: Registry): ReflectMessage {
  const inner = registry.getMessage(packedTypeName(value))
  if (inner === undefined) throw new Unfit("unsupported field type")
  return reflect(desc, anyPack(inner, toMessage(inner, value, registry).message))
}

function packedTypeName(value: CelValue): string {
  if (value instanceof ProtobufObject) return value.type.name
  if (value instanceof CelTimestamp || value instanceof CelDuration) return value.type.name
  if (value instanceof CelMap) return "google.protobuf.Struct"
  if (value instanceof CelList) return "google.protobuf.ListValue"
  if (value instanceof CelUint) return "google.protobuf.UInt64Value"
  if (value instanceof Uint8Array) return "google.protobuf.BytesValue"
  if (value === null) return "google.protobuf.Value"
  const names = { boolean: "Bool", bigint: "Int64", number: "Double", string: "String" }
  const name = Object.hasOwn(names, typeof value) ? names[typeof value as keyof typeof names] : ""
  return `google.protobuf.${name}Value`
}

function fieldType(field: DescField): CelType {
  switch (field.fieldKind) {
    case "list":
      return listOf(itemType(field.listKind, field))
    case "map":
      return mapOf(scalarType(field.mapKey), itemType(field.mapKind, field))
    default:
      return itemType(field.fieldKind, field)
  }
}

function itemType(kind: "scalar" | "enum" | "message", field: DescField): CelType {
  if (kind === "scalar") return scalarType(field.scalar as ScalarType)
  if (kind === "enum") return field.enum?.typeName === "google.protobuf.NullValue" ? nullType : intType
  const name = field.message?.typeName ?? ""
  return wellKnownTypes.get(name) ?? objectType(name)
}

function scalarType(type: ScalarType): CelType {
  switch (type) {
    case ScalarType.BOOL:
      return boolType
    case ScalarType.STRING:
      return stringType
    case ScalarType.BYTES:
      return bytesType
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return doubleType
    case ScalarType.UINT32:
    case ScalarType.UINT64:
    case ScalarType.FIXED32:
    case ScalarType.FIXED64:
      return uintType
    default:
      return intType
  }
}
