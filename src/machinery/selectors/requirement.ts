import * as fieldError from "../field/error.ts"
import { aggregateMessages, type FieldError, formatFieldError } from "../field/error.ts"
import { FieldPath } from "../field/path.ts"
import { labelValue, qualifiedName } from "../names/labels.ts"

/** Labels or fields to match against. Only own members count, so `constructor` is an ordinary key. */
export type Labels = Readonly<Record<string, string>>

export type Operator = "in" | "notin" | "=" | "==" | "!=" | "exists" | "!" | "gt" | "lt"

/** One condition on one label. */
export interface Requirement {
  readonly key: string
  readonly operator: Operator
  /** Sorted when they come from text. */
  readonly values: readonly string[]
}

export class SelectorError extends Error {
  constructor(message: string) {
    super(message)
    this.name = "SelectorError"
  }
}

const INTEGER = /^[+-]?[0-9]+$/

/** Checks and makes a requirement. Throws `SelectorError` with everything that is wrong. */
export function requirement(key: string, operator: Operator, values: readonly string[]): Requirement {
  const errors: FieldError[] = []
  const keyProblems = qualifiedName(key)
  if (keyProblems.length > 0) errors.push(fieldError.invalid("key", key, keyProblems.join("; ")))
  errors.push(...countErrors(operator, values))
  const at = FieldPath.root("values")
  values.forEach((value, i) => {
    const problems = labelValue(value)
    if (problems.length > 0) errors.push(fieldError.invalid(at.index(i).key(key), value, problems.join("; ")))
  })
  if (errors.length > 0) throw new SelectorError(aggregateMessages(errors.map(formatFieldError)))
  return { key, operator, values }
}

function countErrors(operator: Operator, values: readonly string[]): readonly FieldError[] {
  const wrong = (detail: string) => [fieldError.invalid("values", values, detail)]
  switch (operator) {
    case "in":
    case "notin":
      return values.length === 0 ? wrong("for 'in', 'notin' operators, values set can't be empty") : []
    case "=":
    case "==":
    case "!=":
      return values.length === 1 ? [] : wrong("exact-match compatibility requires one single value")
    case "exists":
    case "!":
      return values.length === 0 ? [] : wrong("values set must be empty for exists and does not exist")
    case "gt":
    case "lt":
      if (values.length !== 1) return wrong("for 'Gt', 'Lt' operators, exactly one value is required")
      return values.flatMap((value, i) =>
        INTEGER.test(value)
          ? []
          : [
              fieldError.invalid(
                FieldPath.root("values").index(i),
                value,
                "for 'Gt', 'Lt' operators, the value must be an integer",
              ),
            ],
      )
  }
}

export function matches({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case "in":
    case "=":
    case "==":
      return value !== undefined && values.includes(value)
    case "notin":
    case "!=":
      return value === undefined || !values.includes(value)
    case "exists":
      return value !== undefined
    case "!":
      return value === undefined
    case "gt":
    case "lt": {
      const bound = values[0]
      if (value === undefined || bound === undefined || !INTEGER.test(value) || !INTEGER.test(bound)) return false
      return operator === "gt" ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound)
    }
  }
}

export function formatRequirement({ key, operator, values }: Requirement): string {
  const list = values.toSorted().join(",")
  switch (operator) {
    case "in":
    case "notin":
      return `${key} ${operator} (${list})`
    case "exists":
      return key
    case "!":
      return `!${key}`
    case "gt":
      return `${key}>${list}`
    case "lt":
      return `${key}<${list}`
    case "=":
    case "==":
    case "!=":
      return `${key}${operator}${list}`
  }
}
