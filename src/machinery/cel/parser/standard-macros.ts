import { ACCUMULATOR, type Expression } from "../ast.ts"
import { Operator } from "../operators.ts"
import type { Macro, MacroBuilder } from "./macro.ts"

/** What the accumulator was called once; still refused as a variable. */
const OLD_ACCUMULATOR = "__result__"
export const MAP_INSERT = "cel.@mapInsert"

/** `has`, `all`, `exists`, `exists_one`, `map` and `filter`. */
export const standardMacros: readonly Macro[] = [
  { name: "has", receiver: false, argumentCount: 1, expand: expandHas },
  quantifier("all", 1, all),
  quantifier("exists", 1, exists),
  quantifier("exists_one", 1, existsOne),
  { name: "map", receiver: true, argumentCount: 2, expand: expandMap },
  { name: "map", receiver: true, argumentCount: 3, expand: expandMap },
  { name: "filter", receiver: true, argumentCount: 2, expand: expandFilter },
]

/** The macros that give index and element, or key and value, to the body. */
export const twoVariableMacros: readonly Macro[] = [
  quantifier("all", 2, all),
  quantifier("exists", 2, exists),
  quantifier("existsOne", 2, existsOne),
  quantifier("exists_one", 2, existsOne),
  ...[3, 4].flatMap((argumentCount): Macro[] => [
    { name: "transformList", receiver: true, argumentCount, expand: transform(transformList) },
    { name: "transformMap", receiver: true, argumentCount, expand: transform(transformMap) },
    { name: "transformMapEntry", receiver: true, argumentCount, expand: transform(transformMapEntry) },
  ]),
]

/** `cel.bind(variable, value, expression)`. */
export const bindMacro: Macro = {
  name: "bind",
  receiver: true,
  argumentCount: 3,
  expand(make, target, [variable, value, body]) {
    if (target?.kind !== "identifier" || target.name !== "cel" || !variable || !value || !body) return undefined
    if (variable.kind !== "identifier")
      return make.error(variable, "cel.bind() variable names must be simple identifiers")
    return binding(make, variable.name, value, body)
  },
}

/** A loop that never runs, whose accumulator is the variable. */
export function binding(make: MacroBuilder, variable: string, value: Expression, body: Expression): Expression {
  return make.comprehension({
    range: make.list(),
    variable: "#unused",
    variable2: undefined,
    accumulator: variable,
    accumulatorInitial: value,
    condition: make.literal(false),
    step: make.identifier(variable),
    result: body,
  })
}

interface Loop {
  readonly initial: Expression
  readonly condition: Expression
  readonly step: Expression
  readonly result: Expression
}

function all(make: MacroBuilder, predicate: Expression): Loop {
  return {
    initial: make.literal(true),
    condition: make.call(Operator.notStrictlyFalse, make.accumulator()),
    step: make.call(Operator.and, make.accumulator(), predicate),
    result: make.accumulator(),
  }
}

function exists(make: MacroBuilder, predicate: Expression): Loop {
  return {
    initial: make.literal(false),
    condition: make.call(Operator.notStrictlyFalse, make.call(Operator.not, make.accumulator())),
    step: make.call(Operator.or, make.accumulator(), predicate),
    result: make.accumulator(),
  }
}

function existsOne(make: MacroBuilder, predicate: Expression): Loop {
  const one = make.call(Operator.add, make.accumulator(), make.literal(1n))
  return {
    initial: make.literal(0n),
    condition: make.literal(true),
    step: make.call(Operator.conditional, predicate, one, make.accumulator()),
    result: make.call(Operator.equals, make.accumulator(), make.literal(1n)),
  }
}

function quantifier(name: string, variables: 1 | 2, loop: (make: MacroBuilder, predicate: Expression) => Loop): Macro {
  return {
    name,
    receiver: true,
    argumentCount: variables + 1,
    expand(make, target, args) {
      const names = loopVariables(make, args.slice(0, variables), "argument must be a simple name")
      const predicate = args[variables]
      if (!Array.isArray(names)) return names as Expression
      if (target === undefined || predicate === undefined) return undefined
      return comprehension(make, target, names, loop(make, predicate))
    },
  }
}

function comprehension(
  make: MacroBuilder,
  range: Expression,
  [variable = "", variable2]: readonly string[],
  loop: Loop,
) {
  return make.comprehension({
    range,
    variable,
    variable2,
    accumulator: ACCUMULATOR,
    accumulatorInitial: loop.initial,
    condition: loop.condition,
    step: loop.step,
    result: loop.result,
  })
}

/** The names of the variables, or the expression that stands for the mistake in them. */
function loopVariables(make: MacroBuilder, args: readonly Expression[], message: string): string[] | Expression {
  const names: string[] = []
  for (const arg of args) {
    if (arg.kind !== "identifier") return make.error(arg, message)
    names.push(arg.name)
  }
  if (names.length === 2 && names[0] === names[1]) {
    return make.error(args[1] as Expression, `duplicate variable name: ${names[0]}`)
  }
  const taken = names.findIndex((name) => name === ACCUMULATOR || name === OLD_ACCUMULATOR)
  if (taken >= 0) return make.error(args[taken] as Expression, "iteration variable overwrites accumulator variable")
  return names
}

function expandHas(make: MacroBuilder, _target: Expression | undefined, [argument]: readonly Expression[]) {
  if (argument === undefined) return undefined
  if (argument.kind !== "select") return make.error(argument, "invalid argument to has() macro")
  return make.presenceTest(argument.operand, argument.field)
}

function expandMap(make: MacroBuilder, target: Expression | undefined, args: readonly Expression[]) {
  const names = loopVariables(make, args.slice(0, 1), "argument is not an identifier")
  if (!Array.isArray(names)) return names as Expression
  const body = args.at(-1)
  if (target === undefined || body === undefined) return undefined
  const filter = args.length === 3 ? args[1] : undefined
  return comprehension(make, target, names, collect(make, make.list(), appended(make, body), filter))
}

function expandFilter(make: MacroBuilder, target: Expression | undefined, args: readonly Expression[]) {
  const names = loopVariables(make, args.slice(0, 1), "argument is not an identifier")
  if (!Array.isArray(names)) return names as Expression
  const [variable, predicate] = args
  if (target === undefined || variable === undefined) return undefined
  return comprehension(make, target, names, collect(make, make.list(), appended(make, variable), predicate))
}

function appended(make: MacroBuilder, element: Expression): Expression {
  return make.call(Operator.add, make.accumulator(), make.list(element))
}

/** A loop that takes each step, or only those for which the filter holds. */
function collect(make: MacroBuilder, initial: Expression, step: Expression, filter: Expression | undefined): Loop {
  return {
    initial,
    condition: make.literal(true),
    step: filter === undefined ? step : make.call(Operator.conditional, filter, step, make.accumulator()),
    result: make.accumulator(),
  }
}

type Transform = (make: MacroBuilder, key: string, body: Expression, filter: Expression | undefined) => Loop

function transform(loop: Transform): Macro["expand"] {
  return (make, target, args) => {
    const names = loopVariables(make, args.slice(0, 2), "argument must be a simple name")
    if (!Array.isArray(names)) return names as Expression
    const body = args.at(-1)
    if (target === undefined || body === undefined) return undefined
    return comprehension(make, target, names, loop(make, names[0] ?? "", body, args.length === 4 ? args[2] : undefined))
  }
}

function transformList(make: MacroBuilder, _key: string, body: Expression, filter: Expression | undefined): Loop {
  return collect(make, make.list(), appended(make, body), filter)
}

function transformMap(make: MacroBuilder, key: string, body: Expression, filter: Expression | undefined): Loop {
  return collect(make, make.map(), make.call(MAP_INSERT, make.accumulator(), make.identifier(key), body), filter)
}

function transformMapEntry(make: MacroBuilder, _key: string, body: Expression, filter: Expression | undefined): Loop {
  return collect(make, make.map(), make.call(MAP_INSERT, make.accumulator(), body), filter)
}
