import type { FunctionDeclaration, OverloadDeclaration } from "../declarations.ts"
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  dynType,
  intType,
  stringType,
  timestampType,
  typeOfType,
  typeParameter,
  uintType,
} from "../types.ts"
import type { CelResult, CelValue } from "../value.ts"
import { toBool, toBytes, toDouble, toDuration, toInt, toText, toTimestamp, toUint } from "../values/convert.ts"
import { typeOf } from "../values/type-of.ts"
import { overload } from "./overloads.ts"

const a = typeParameter("A")
/** What types are called in the ids of conversions. */
const ID_NAMES = new Map<CelType, string>([
  [boolType, "bool"],
  [bytesType, "bytes"],
  [doubleType, "double"],
  [durationType, "duration"],
  [intType, "int64"],
  [stringType, "string"],
  [timestampType, "timestamp"],
  [uintType, "uint64"],
])

function conversion(
  name: string,
  to: CelType,
  call: (value: CelValue) => CelResult,
  ...from: readonly CelType[]
): FunctionDeclaration {
  const one = (type: CelType): OverloadDeclaration =>
    overload(`${ID_NAMES.get(type)}_to_${ID_NAMES.get(to)}`, [type], to, call)
  return { name, overloads: [to, ...from].map(one) }
}

export const conversions: readonly FunctionDeclaration[] = [
  { name: "type", overloads: [overload("type", [a], typeOfType(a), typeOf)] },
  { name: "dyn", overloads: [overload("to_dyn", [a], dynType, (value: CelValue) => value)] },
  conversion("bool", boolType, toBool, stringType),
  conversion("bytes", bytesType, toBytes, stringType),
  conversion("double", doubleType, toDouble, intType, stringType, uintType),
  conversion("duration", durationType, toDuration, intType, stringType),
  conversion("int", intType, toInt, doubleType, durationType, stringType, timestampType, uintType),
  conversion(
    "string",
    stringType,
    toText,
    boolType,
    bytesType,
    doubleType,
    durationType,
    intType,
    timestampType,
    uintType,
  ),
  conversion("timestamp", timestampType, toTimestamp, intType, stringType),
  conversion("uint", uintType, toUint, doubleType, intType, stringType),
]
