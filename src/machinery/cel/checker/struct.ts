import type { Expression, StructExpression, StructField } from "../ast.ts"
import { type CelType, errorType, parameterOf } from "../types.ts"
import { wellKnownTypes } from "../well-known-types.ts"
import type { Checker } from "./checker.ts"

export function checkStruct(checker: Checker, expression: StructExpression): Expression {
  const named = checker.find(expression.typeName)
  if (named === undefined) {
    const { container } = checker.names
    checker.report(expression.id, `undeclared reference to '${expression.typeName}' (in container '${container}')`)
    checker.types.set(expression.id, errorType)
    return expression
  }
  const type = structType(checker, expression, named.name, named.type)
  checker.references.set(expression.id, { name: named.name })
  checker.setType(expression, type)
  const fields = expression.fields.map((field) => checkField(checker, field, named.name, type))
  return { ...expression, typeName: named.name, fields }
}

function structType(checker: Checker, expression: StructExpression, fullName: string, named: CelType): CelType {
  if (named.kind === "error") return errorType
  if (named.kind !== "type") {
    checker.report(expression.id, `'${named}' is not a type`)
    return errorType
  }
  const type = parameterOf(named, 0)
  if (type.kind === "object" || wellKnownTypes.has(fullName)) return type
  checker.report(expression.id, `'${type}' is not a message type`)
  return errorType
}

function checkField(checker: Checker, field: StructField, typeName: string, type: CelType): StructField {
  const value = checker.check(field.value)
  const known = type.kind !== "error" && checker.declaredField(field.id, typeName, field.name)
  const declared = known || errorType
  const valueType = field.optional ? checker.unwrapOptional(value) : checker.typeOf(value)
  if (!checker.substitution.assignable(declared, valueType)) {
    const found = `expected type of field '${field.name}' is '${declared}' but provided type is '${valueType}'`
    checker.report(field.id, found)
  }
  return { ...field, value }
}
