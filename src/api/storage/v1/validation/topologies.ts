import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { canonicalText } from "../../../../machinery/validation/repeated-items.ts"
import type { TopologySelectorLabelRequirement, TopologySelectorTerm } from "../../../core/v1/node-selector.ts"
import { type Errors, NONE, nonEmpty, qualified } from "../../../core/v1/validation/rules.ts"

/** No two terms may mean the same. */
export function validateTopologies(terms: readonly TopologySelectorTerm[], path: FieldPath): Errors {
  const seen = new Set<string>()
  return terms.flatMap((term, index) => {
    const at = path.index(index).child("matchLabelExpressions")
    const meaning = meaningOf(term)
    const isRepeated = seen.has(meaning)
    seen.add(meaning)
    return [...validateTerm(term, at), ...(isRepeated ? [field.duplicate(at, "")] : NONE)]
  })
}

function meaningOf({ matchLabelExpressions = [] }: TopologySelectorTerm): string {
  const values = new Map(matchLabelExpressions.map(({ key, values: all }) => [key, [...new Set(all)].toSorted()]))
  return canonicalText([...values].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function validateTerm({ matchLabelExpressions = [] }: TopologySelectorTerm, path: FieldPath): Errors {
  const keys = matchLabelExpressions.map(({ key }) => key)
  return matchLabelExpressions.flatMap((requirement, index) => {
    const at = path.index(index)
    const isRepeated = keys.indexOf(requirement.key) < index
    return [
      ...validateRequirement(requirement, at),
      ...(isRepeated ? [field.duplicate(at.child("key"), requirement.key)] : NONE),
    ]
  })
}

function validateRequirement({ key, values }: TopologySelectorLabelRequirement, path: FieldPath): Errors {
  const at = path.child("values")
  return [
    ...nonEmpty(values, at),
    ...values.flatMap((value, index) =>
      values.indexOf(value) < index ? [field.duplicate(at.index(index), value)] : NONE,
    ),
    ...qualified(key, path.child("key")),
  ]
}
