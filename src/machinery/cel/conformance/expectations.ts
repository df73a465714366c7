import type { Decl, Type } from "@bufbuild/cel-spec/cel/expr/checked_pb.js"
import type { Value } from "@bufbuild/cel-spec/cel/expr/value_pb.js"
import type { Registry } from "@bufbuild/protobuf"
import { anyUnpack } from "@bufbuild/protobuf/wkt"
import type { FunctionDeclaration, VariableDeclaration } from "../declarations.ts"
import { CelError } from "../error.ts"
import { CelList, ValueList } from "../list.ts"
import { CelMap, type MapKey, mapKey, ValueMap } from "../map.ts"
import * as types from "../types.ts"
import { CelType } from "../types.ts"
import { CelOptional, type CelResult, CelUint, type CelValue } from "../value.ts"
import { valuesEqual } from "../values/equality.ts"
import { typeOf } from "../values/type-of.ts"
import { wellKnownTypes } from "../well-known-types.ts"
import { ProtobufObject } from "./protobuf-object.ts"

/** A value of the conformance data as one of ours. */
export function expectedValue(value: Value, registry: Registry): CelResult {
  const { kind } = value
  switch (kind.case) {
    case "nullValue":
      return null
    case "uint64Value":
      return new CelUint(kind.value)
    case "enumValue":
      return BigInt(kind.value.value)
    case "listValue":
      return new ValueList(kind.value.values.map((item) => expectedValue(item, registry) as CelValue))
    case "mapValue": {
      const entries = new Map<MapKey, readonly [CelValue, CelValue]>()
      for (const { key, value } of kind.value.entries) {
        if (key === undefined || value === undefined) continue
        const celKey = expectedValue(key, registry) as CelValue
        entries.set(mapKey(celKey) ?? "", [celKey, expectedValue(value, registry) as CelValue])
      }
      return new ValueMap(entries)
    }
    case "objectValue": {
      const unpacked = anyUnpack(kind.value, registry)
      const desc = unpacked && registry.getMessage(unpacked.$typeName)
      if (unpacked === undefined || desc === undefined) return new CelError(`unknown ${kind.value.typeUrl}`)
      return ProtobufObject.of(unpacked, desc, registry)
    }
    case "typeValue":
      return new CelType("object", kind.value)
    case undefined:
      return new CelError("no value")
    default:
      return kind.value
  }
}

/** Whether the values are of one type and equal; NaN is itself here. */
export function sameValue(a: CelValue, b: CelValue): boolean {
  if (!typeOf(a).equals(typeOf(b))) return a instanceof CelType && b instanceof CelType && a.name === b.name
  if (typeof a === "number" && typeof b === "number") return Object.is(a, b) || a === b
  if (a instanceof CelList && b instanceof CelList) {
    return a.size === b.size && Array.from(a).every((item, i) => sameValue(item as CelValue, b.at(i) as CelValue))
  }
  if (a instanceof CelMap && b instanceof CelMap) {
    return (
      a.size === b.size &&
      [...a.keys()].every((key) => b.has(key) && sameValue(a.find(key) as CelValue, b.find(key) as CelValue))
    )
  }
  if (a instanceof CelOptional && b instanceof CelOptional) {
    return a.value === undefined || b.value === undefined ? a.value === b.value : sameValue(a.value, b.value)
  }
  return valuesEqual(a, b)
}

export function declaredVariables(declarations: readonly Decl[]): VariableDeclaration[] {
  return declarations.flatMap(({ name, declKind }) =>
    declKind.case === "ident" ? [{ name, type: declaredType(declKind.value.type) }] : [],
  )
}

export function declaredFunctions(declarations: readonly Decl[]): FunctionDeclaration[] {
  return declarations.flatMap(({ name, declKind }) =>
    declKind.case === "function"
      ? [
          {
            name,
            overloads: declKind.value.overloads.map((overload) => ({
              id: overload.overloadId,
              receiver: overload.isInstanceFunction,
              arguments: overload.params.map(declaredType),
              result: declaredType(overload.resultType),
            })),
          },
        ]
      : [],
  )
}

const PRIMITIVES = [
  types.errorType,
  types.boolType,
  types.intType,
  types.uintType,
  types.doubleType,
  types.stringType,
  types.bytesType,
]
const WELL_KNOWN = [types.errorType, types.anyType, types.timestampType, types.durationType]

export function declaredType(type: Type | undefined): CelType {
  const kind = type?.typeKind
  switch (kind?.case) {
    case "primitive":
      return PRIMITIVES[kind.value] ?? types.errorType
    case "wrapper":
      return types.nullableOf(PRIMITIVES[kind.value] ?? types.errorType)
    case "wellKnown":
      return WELL_KNOWN[kind.value] ?? types.errorType
    case "listType":
      return types.listOf(declaredType(kind.value.elemType))
    case "mapType":
      return types.mapOf(declaredType(kind.value.keyType), declaredType(kind.value.valueType))
    case "messageType":
      return wellKnownTypes.get(kind.value) ?? types.objectType(kind.value)
    case "typeParam":
      return types.typeParameter(kind.value)
    case "abstractType":
      return types.opaqueType(kind.value.name, ...kind.value.parameterTypes.map(declaredType))
    case "null":
      return types.nullType
    case "type":
      return kind.value.typeKind.case === undefined ? types.typeType : types.typeOfType(declaredType(kind.value))
    case "error":
      return types.errorType
    default:
      return types.dynType
  }
}
