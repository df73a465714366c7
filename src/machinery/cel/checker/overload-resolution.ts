import type { CallExpression } from "../ast.ts"
import type { OverloadDeclaration } from "../declarations.ts"
import type { DeclaredFunction } from "../declared-names.ts"
import { Operator } from "../operators.ts"
import { boolType, type CelType, dynType, isDynamic, CelType as Type } from "../types.ts"
import type { Checker } from "./checker.ts"

/** The overloads that may apply to the call's arguments, and what they give. Reports when there are none. */
export function resolveOverload(
  checker: Checker,
  call: CallExpression,
  declared: DeclaredFunction,
): { readonly type: CelType; readonly overloads: readonly string[] } | undefined {
  if (declared.name === Operator.and || declared.name === Operator.or) return resolveLogic(checker, call, declared)
  const expressions = call.target === undefined ? call.arguments : [call.target, ...call.arguments]
  const argumentTypes = expressions.map((argument) => checker.typeOf(argument))
  const overloads: string[] = []
  let type: CelType | undefined
  for (const overload of declared.overloads) {
    if ((overload.receiver ?? false) !== (call.target !== undefined)) continue
    const { result, parameters } = instantiate(checker, overload)
    if (!checker.substitution.assignableAll(argumentTypes, parameters)) continue
    overloads.push(overload.id)
    const found = checker.substitution.apply(result)
    if (type === undefined) type = found
    else if (!isDynamic(type) && !found.equals(type)) type = dynType
  }
  if (type !== undefined) return { type, overloads }
  const signature = formatArguments(
    argumentTypes.map((type) => checker.substitution.apply(type, true)),
    call.target !== undefined,
  )
  checker.report(call.id, `found no matching overload for '${declared.name}' applied to '${signature}'`)
  return undefined
}

/** Each operand is told apart, which reads better than that there is no overload. */
function resolveLogic(checker: Checker, call: CallExpression, declared: DeclaredFunction) {
  let fits = true
  for (const argument of call.arguments) {
    const type = checker.typeOf(argument)
    if (checker.substitution.assignable(type, boolType)) continue
    checker.mismatch(argument, boolType, type)
    fits = false
  }
  return fits ? { type: boolType, overloads: declared.overloads.map(({ id }) => id) } : undefined
}

/** The overload with type variables of its own in place of its parameters. */
function instantiate(
  checker: Checker,
  overload: OverloadDeclaration,
): { result: CelType; parameters: readonly CelType[] } {
  const variables = new Map<string, CelType>()
  const replace = (type: CelType): CelType => {
    if (!type.generic) return type
    if (type.kind !== "parameter") return new Type(type.kind, type.name, type.parameters.map(replace), type.nullable)
    const known = variables.get(type.name) ?? checker.newVariable()
    variables.set(type.name, known)
    return known
  }
  return { parameters: overload.arguments.map(replace), result: replace(overload.result) }
}

function formatArguments(types: readonly CelType[], receiver: boolean): string {
  return receiver ? `${types[0]}.(${types.slice(1).join(", ")})` : `(${types.join(", ")})`
}
