import type { Expression } from "../ast.ts"
import type { CelLibrary } from "../declarations.ts"
import { CelError } from "../error.ts"
import { type CelList, ValueList } from "../list.ts"
import { Operator } from "../operators.ts"
import type { Macro, MacroBuilder } from "../parser/macro.ts"
import { binding } from "../parser/standard-macros.ts"
import { method, overload } from "../stdlib/overloads.ts"
import {
  boolType,
  dynType,
  intType,
  listOf,
  mapOf,
  optionalOf,
  optionalType,
  stringType,
  typeParameter,
} from "../types.ts"
import { CelOptional, type CelValue } from "../value.ts"
import { isZero } from "../values/zero.ts"

const k = typeParameter("K")
const v = typeParameter("V")
const optionalOfV = optionalOf(v)
const listOfV = listOf(v)
const mapOfKV = mapOf(k, v)

function unwrapped(list: CelList) {
  const values: CelValue[] = []
  for (const element of list) {
    if (!(element instanceof CelOptional)) {
      return new CelError(`value ${String(element)} is not optional`)
    }
    if (element.value !== undefined) values.push(element.value)
  }
  return new ValueList(values)
}

function expandMap(name: string, wrap: (make: MacroBuilder, body: Expression) => Expression): Macro {
  return {
    name,
    receiver: true,
    argumentCount: 2,
    expand(make, target, [variable, body]) {
      if (target === undefined || variable === undefined || body === undefined) return undefined
      if (variable.kind !== "identifier") {
        return make.error(variable, `${name}() variable name must be a simple identifier`)
      }
      return make.call(
        Operator.conditional,
        make.memberCall("hasValue", target),
        wrap(make, binding(make, variable.name, make.memberCall("value", make.copy(target)), body)),
        make.call("optional.none"),
      )
    },
  }
}

/** `optional.of`, `a.?b`, `[?x]`, `optMap` and what else works on values that may be absent. */
export const optionalLibrary: CelLibrary = {
  name: "cel.lib.optional",
  types: [optionalType],
  macros: [
    expandMap("optMap", (make, body) => make.call("optional.of", body)),
    expandMap("optFlatMap", (_, body) => body),
  ],
  functions: [
    {
      name: "optional.of",
      overloads: [overload("optional_of", [v], optionalOfV, (value: CelValue) => new CelOptional(value))],
    },
    {
      name: "optional.ofNonZeroValue",
      overloads: [
        overload("optional_ofNonZeroValue", [v], optionalOfV, (value: CelValue) =>
          isZero(value) ? CelOptional.none : new CelOptional(value),
        ),
      ],
    },
    { name: "optional.none", overloads: [overload("optional_none", [], optionalOfV, () => CelOptional.none)] },
    {
      name: "value",
      overloads: [
        method(
          "optional_value",
          [optionalOfV],
          v,
          ({ value }: CelOptional) => value ?? (value === null ? null : new CelError("optional.none() dereference")),
        ),
      ],
    },
    {
      name: "hasValue",
      overloads: [
        method("optional_hasValue", [optionalOfV], boolType, ({ value }: CelOptional) => value !== undefined),
      ],
    },
    // Evaluated by the planner, since the second one may not be needed.
    {
      name: "or",
      overloads: [
        { id: "optional_or_optional", receiver: true, arguments: [optionalOfV, optionalOfV], result: optionalOfV },
      ],
    },
    {
      name: "orValue",
      overloads: [{ id: "optional_orValue_value", receiver: true, arguments: [optionalOfV, v], result: v }],
    },
    {
      name: Operator.optionalSelect,
      overloads: [{ id: "select_optional_field", arguments: [dynType, stringType], result: optionalOfV }],
    },
    {
      name: Operator.optionalIndex,
      overloads: [
        { id: "list_optindex_optional_int", arguments: [listOfV, intType], result: optionalOfV },
        { id: "optional_list_optindex_optional_int", arguments: [optionalOf(listOfV), intType], result: optionalOfV },
        { id: "map_optindex_optional_value", arguments: [mapOfKV, k], result: optionalOfV },
        { id: "optional_map_optindex_optional_value", arguments: [optionalOf(mapOfKV), k], result: optionalOfV },
      ],
    },
    {
      name: Operator.index,
      overloads: [
        { id: "optional_list_index_int", arguments: [optionalOf(listOfV), intType], result: optionalOfV },
        { id: "optional_map_index_value", arguments: [optionalOf(mapOfKV), k], result: optionalOfV },
      ],
    },
    {
      name: "first",
      overloads: [
        method("list_first", [listOfV], optionalOfV, (list: CelList) =>
          list.size === 0 ? CelOptional.none : new CelOptional(list.at(0) as CelValue),
        ),
      ],
    },
    {
      name: "last",
      overloads: [
        method("list_last", [listOfV], optionalOfV, (list: CelList) =>
          list.size === 0 ? CelOptional.none : new CelOptional(list.at(list.size - 1) as CelValue),
        ),
      ],
    },
    { name: "optional.unwrap", overloads: [overload("optional_unwrap", [listOf(optionalOfV)], listOfV, unwrapped)] },
    { name: "unwrapOpt", overloads: [method("optional_unwrapOpt", [listOf(optionalOfV)], listOfV, unwrapped)] },
  ],
}
