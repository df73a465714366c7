import { type DescField, type DescMessage, type Message, type Registry, ScalarType } from "@bufbuild/protobuf"
import { type ReflectList, type ReflectMap, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect"
import { type Any, anyUnpack } from "@bufbuild/protobuf/wkt"
import { CelError, isError, noSuchField } from "../error.ts"
import { ValueList } from "../list.ts"
import { type MapKey, mapKey, ValueMap } from "../map.ts"
import { objectType } from "../types.ts"
import { CelDuration, CelObject, type CelResult, CelTimestamp, CelUint, type CelValue } from "../value.ts"
import { valuesEqual } from "../values/equality.ts"

/** A protobuf message as a CEL value; those of well-known types are plain values. */
export function messageToCel(message: ReflectMessage, registry: Registry): CelResult {
  const field = (name: string) => message.desc.fields.find((field) => field.name === name) as DescField
  const get = (name: string) => fieldToCel(message, field(name), registry)
  switch (message.desc.typeName) {
    case "google.protobuf.Any":
      return anyToCel(message.message as Any, registry)
    case "google.protobuf.Timestamp":
      return new CelTimestamp(Number(get("seconds")), Number(get("nanos")))
    case "google.protobuf.Duration":
      return new CelDuration((get("seconds") as bigint) * 1_000_000_000n + (get("nanos") as bigint))
    case "google.protobuf.Struct":
      return get("fields")
    case "google.protobuf.ListValue":
      return get("values")
    case "google.protobuf.Value": {
      const set = message.fields.find((field) => message.isSet(field))
      return set === undefined || set.name === "null_value" ? null : fieldToCel(message, set, registry)
    }
    default:
      if (/^google\.protobuf\.(?:Bool|Bytes|Double|Float|U?Int32|U?Int64|String)Value$/.test(message.desc.typeName)) {
        return get("value")
      }
      return new ProtobufObject(message, registry)
  }
}

function anyToCel(any: Any, registry: Registry): CelResult {
  const unpacked = anyUnpack(any, registry)
  const desc = unpacked === undefined ? undefined : registry.getMessage(unpacked.$typeName)
  if (unpacked === undefined || desc === undefined) return new CelError(`unknown type: '${any.typeUrl}'`)
  return messageToCel(reflect(desc, unpacked), registry)
}

function fieldToCel(message: ReflectMessage, field: DescField, registry: Registry): CelResult {
  const value: unknown = message.get(field)
  switch (field.fieldKind) {
    case "scalar":
      return scalarToCel(field.scalar, value)
    case "enum":
      return field.enum.typeName === "google.protobuf.NullValue" ? null : BigInt(value as number)
    case "message":
      if (!message.isSet(field) && isWrapper(field.message)) return null
      return messageToCel(value as ReflectMessage, registry)
    case "list":
      return new ValueList(Array.from(value as ReflectList, (item) => itemToCel(field, item, registry) as CelValue))
    case "map": {
      const entries = new Map<MapKey, readonly [CelValue, CelValue]>()
      for (const [key, item] of value as ReflectMap) {
        const celKey = scalarToCel(field.mapKey, key)
        const found = mapKey(celKey)
        if (found !== undefined) entries.set(found, [celKey, itemToCel(field, item, registry) as CelValue])
      }
      return new ValueMap(entries)
    }
  }
}

type Container = DescField & { fieldKind: "list" | "map" }

function itemToCel(field: Container, item: unknown, registry: Registry): CelResult {
  const kind = field.fieldKind === "list" ? field.listKind : field.mapKind
  if (kind === "scalar") return scalarToCel(field.scalar as ScalarType, item)
  if (kind === "enum") return field.enum?.typeName === "google.protobuf.NullValue" ? null : BigInt(item as number)
  return messageToCel(item as ReflectMessage, registry)
}

export function isWrapper(desc: DescMessage): boolean {
  return (
    /^google\.protobuf\..*Value$/.test(desc.typeName) && desc.fields.length === 1 && desc.fields[0]?.name === "value"
  )
}

function scalarToCel(type: ScalarType, value: unknown): CelValue {
  switch (type) {
    case ScalarType.BOOL:
    case ScalarType.STRING:
    case ScalarType.BYTES:
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return value as CelValue
    case ScalarType.UINT32:
    case ScalarType.UINT64:
    case ScalarType.FIXED32:
    case ScalarType.FIXED64:
      return new CelUint(BigInt(value as bigint | number | string))
    default:
      return BigInt(value as bigint | number | string)
  }
}

/** A message that has no other form in CEL. */
export class ProtobufObject extends CelObject {
  readonly type
  readonly message: ReflectMessage
  readonly #registry: Registry

  constructor(message: ReflectMessage, registry: Registry) {
    super()
    this.type = objectType(message.desc.typeName)
    this.message = message
    this.#registry = registry
  }

  static of(message: Message, desc: DescMessage, registry: Registry): CelResult {
    return messageToCel(reflect(desc, message), registry)
  }

  override field(name: string): CelResult {
    const field = this.#field(name)
    return field === undefined ? noSuchField(name) : fieldToCel(this.message, field, this.#registry)
  }

  override hasField(name: string): boolean | CelError {
    const field = this.#field(name)
    return field === undefined ? noSuchField(name) : this.message.isSet(field)
  }

  equals(other: CelValue): boolean {
    if (!(other instanceof ProtobufObject) || !other.type.equals(this.type)) return false
    return this.message.fields.every((field) => {
      if (this.message.isSet(field) !== other.message.isSet(field)) return false
      if (!this.message.isSet(field)) return true
      const mine = this.field(field.name)
      return !isError(mine) && valuesEqual(mine, other.field(field.name))
    })
  }

  override isZero(): boolean {
    return !this.message.fields.some((field) => this.message.isSet(field))
  }

  #field(name: string): DescField | undefined {
    return this.message.desc.fields.find((field) => field.name === name)
  }
}
