import type { CelLibrary } from "../declarations.ts"
import { isError } from "../error.ts"
import { GrowingMap } from "../evaluator/accumulators.ts"
import type { CelMap } from "../map.ts"
import { bindMacro, MAP_INSERT, twoVariableMacros } from "../parser/standard-macros.ts"
import { mapOf, typeParameter } from "../types.ts"
import type { CelResult, CelValue } from "../value.ts"
import { overload } from "./overloads.ts"

const k = typeParameter("K")
const v = typeParameter("V")
const mapOfKV = mapOf(k, v)

/** The accumulator is always one that grows: nothing but the macros can call this. */
function insert(map: CelMap, key: CelValue, value: CelValue): CelResult {
  return (map as GrowingMap).insert(key, value)
}

function insertAll(map: CelMap, added: CelMap): CelResult {
  for (const key of added.keys()) {
    const value = added.find(key)
    const result = value === undefined || isError(value) ? value : insert(map, key, value)
    if (isError(result)) return result
  }
  return map
}

/** The macros with two variables: `all`, `exists`, `existsOne`, `transformList`, `transformMap`, `transformMapEntry`. */
export const twoVariableLibrary: CelLibrary = {
  name: "cel.lib.ext.comprev2",
  macros: twoVariableMacros,
  functions: [
    {
      name: MAP_INSERT,
      overloads: [
        overload("@mapInsert_map_key_value", [mapOfKV, k, v], mapOfKV, insert),
        overload("@mapInsert_map_map", [mapOfKV, mapOfKV], mapOfKV, insertAll),
      ],
    },
  ],
}

/** `cel.bind(variable, value, expression)`. */
export const bindingsLibrary: CelLibrary = { name: "cel.lib.ext.cel.bindings", macros: [bindMacro] }
