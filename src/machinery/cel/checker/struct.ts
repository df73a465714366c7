import type { Expression, StructExpression, StructField } from "../ast.ts"
import { type CelType, errorType, parameterOf } from "../types.ts"
import { wellKnownTypes } from "../well-known-types.ts"
import type { Checker } from "./checker.ts"

/** The one field of a wrapper message. */
const WRAPPER_FIELD = "value"

export function checkStruct(checker: Checker, expression: StructExpression): Expression {
  const named = checker.find(expression.typeName)
  if (named === undefined) {
    const { container } = checker.names
    checker.report(expression.id, `undeclared reference to '${expression.typeName}' (in container '${container}')`)
    checker.types.set(expression.id, errorType)
    return expression
  }
  const type = structType(checker, expression, named.type)
  checker.references.set(expression.id, { name: named.name })
  checker.setType(expression, type)
  const fields = expression.fields.map((field) => checkField(checker, field, named.name, type))
  return { ...expression, typeName: named.name, fields }
}

function structType(checker: Checker, expression: StructExpression, named: CelType): CelType {
  if (named.kind === "error") return errorType
  if (named.kind !== "type") {
    checker.report(expression.id, `'${named}' is not a type`)
    return errorType
  }
  const type = parameterOf(named, 0)
  if (type.kind === "object" || wellKnownTypes.has(expression.typeName.replace(/^\./, "")) || isWellKnown(type))
    return type
  checker.report(expression.id, `'${type}' is not a message type`)
  return errorType
}

function isWellKnown(type: CelType): boolean {
  return type.nullable || type.kind === "any" || type.kind === "timestamp" || type.kind === "duration"
}

function checkField(checker: Checker, field: StructField, typeName: string, type: CelType): StructField {
  const value = checker.check(field.value)
  const declared = fieldType(checker, field, typeName, type) ?? errorType
  const valueType = field.optional ? checker.unwrapOptional(value) : checker.typeOf(value)
  if (!checker.substitution.assignable(declared, valueType)) {
    const found = `expected type of field '${field.name}' is '${declared}' but provided type is '${valueType}'`
    checker.report(field.id, found)
  }
  return { ...field, value }
}

function fieldType(checker: Checker, field: StructField, typeName: string, type: CelType): CelType | undefined {
  if (type.kind === "error") return undefined
  if (type.nullable && field.name === WRAPPER_FIELD) return type
  return checker.declaredField(field.id, typeName, field.name)
}
