import { compileRegex, RegexError } from "../../regex/regex.ts"
import type { CelLibrary, FunctionDeclaration } from "../declarations.ts"
import { CelError } from "../error.ts"
import type { CelList } from "../list.ts"
import type { CelMap } from "../map.ts"
import { Operator } from "../operators.ts"
import { standardMacros } from "../parser/standard-macros.ts"
import {
  boolType,
  bytesType,
  doubleType,
  durationType,
  intType,
  listOf,
  listType,
  mapOf,
  mapType,
  nullType,
  stringType,
  timestampType,
  typeParameter,
  typeType,
  uintType,
} from "../types.ts"
import type { CelResult, CelValue } from "../value.ts"
import { valuesEqual } from "../values/equality.ts"
import { findText } from "../values/search.ts"
import { sizeOf } from "../values/size.ts"
import { arithmetic } from "./arithmetic.ts"
import { comparisons } from "./comparisons.ts"
import { conversions } from "./conversions.ts"
import { method, overload } from "./overloads.ts"
import { times } from "./times.ts"

const a = typeParameter("A")
const b = typeParameter("B")
const listOfA = listOf(a)
const mapOfAB = mapOf(a, b)

/** The evaluator has these built in, since they do not need all their arguments; here is what the checker has to know. */
const logic: readonly FunctionDeclaration[] = [
  { name: Operator.conditional, overloads: [{ id: "conditional", arguments: [boolType, a, a], result: a }] },
  { name: Operator.and, overloads: [{ id: "logical_and", arguments: [boolType, boolType], result: boolType }] },
  { name: Operator.or, overloads: [{ id: "logical_or", arguments: [boolType, boolType], result: boolType }] },
  { name: Operator.not, overloads: [overload("logical_not", [boolType], boolType, (value: boolean) => !value)] },
  {
    name: Operator.notStrictlyFalse,
    overloads: [{ id: "not_strictly_false", arguments: [boolType], result: boolType }],
  },
]

function size(value: CelValue): CelResult {
  return BigInt(sizeOf(value) ?? 0)
}

function contains(value: CelValue, list: CelList): boolean {
  for (let i = 0; i < list.size; i++) if (valuesEqual(value, list.at(i))) return true
  return false
}

const containers: readonly FunctionDeclaration[] = [
  // Evaluated by the planner, as part of the way into a value.
  {
    name: Operator.index,
    overloads: [
      { id: "index_list", arguments: [listOfA, intType], result: a },
      { id: "index_map", arguments: [mapOfAB, a], result: b },
    ],
  },
  {
    name: Operator.in,
    overloads: [
      overload("in_list", [a, listOfA], boolType, contains),
      overload("in_map", [a, mapOfAB], boolType, (key: CelValue, map: CelMap) => map.has(key)),
    ],
  },
  {
    name: "size",
    overloads: [
      overload("size_bytes", [bytesType], intType, size),
      method("bytes_size", [bytesType], intType, size),
      overload("size_list", [listOfA], intType, size),
      method("list_size", [listOfA], intType, size),
      overload("size_map", [mapOfAB], intType, size),
      method("map_size", [mapOfAB], intType, size),
      overload("size_string", [stringType], intType, size),
      method("string_size", [stringType], intType, size),
    ],
  },
]

function matches(text: string, pattern: string): CelResult {
  try {
    return compileRegex(pattern).test(text)
  } catch (error) {
    if (error instanceof RegexError) return new CelError(error.message)
    throw error
  }
}

const texts = [stringType, stringType]
const strings: readonly FunctionDeclaration[] = [
  {
    name: "contains",
    overloads: [method("contains_string", texts, boolType, (text: string, part: string) => findText(text, part) >= 0)],
  },
  {
    name: "endsWith",
    overloads: [method("ends_with_string", texts, boolType, (text: string, end: string) => text.endsWith(end))],
  },
  {
    name: "startsWith",
    overloads: [method("starts_with_string", texts, boolType, (text: string, start: string) => text.startsWith(start))],
  },
  {
    name: "matches",
    overloads: [overload("matches", texts, boolType, matches), method("matches_string", texts, boolType, matches)],
  },
]

/**
 * What every environment has: operators, conversions, text, times and the macros of
 * https://github.com/google/cel-spec/blob/master/doc/langdef.md#list-of-standard-definitions
 */
export const standardLibrary: CelLibrary = {
  name: "cel.lib.std",
  functions: [...logic, ...comparisons, ...arithmetic, ...containers, ...conversions, ...strings, ...times],
  macros: standardMacros,
  types: [
    boolType,
    bytesType,
    doubleType,
    durationType,
    intType,
    listType,
    mapType,
    nullType,
    stringType,
    timestampType,
    typeType,
    uintType,
  ],
}
