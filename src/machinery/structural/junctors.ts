import { quote } from "../field/quote.ts"
import { NO_OLD } from "./correlate.ts"
import type { SchemaSource } from "./schema-source.ts"
import { compileValues, type ValueCheck, type ValueOptions } from "./validate-values.ts"
import type { Check } from "./value-checks.ts"
import { type Place, placeText, type ValueReport } from "./value-report.ts"

/** `anyOf`, `oneOf`, `allOf` and `not`. Of alternatives that all fail, the one that fits best is explained. */
export function compileJunctors(
  { anyOf = [], oneOf = [], allOf = [], not }: SchemaSource,
  options: ValueOptions,
): Check {
  const compilePart = (source: SchemaSource) => compileValues(source, options)
  const checks: Check[] = []
  if (anyOf.length > 0) checks.push(compileAnyOf(anyOf.map(compilePart)))
  if (oneOf.length > 0) checks.push(compileOneOf(oneOf.map(compilePart)))
  if (allOf.length > 0) checks.push(compileAllOf(allOf.map(compilePart)))
  if (not !== undefined) checks.push(compileNot(compilePart(not)))
  if (checks.length === 0) return () => 1
  return (value, place, report) => {
    let right = 1
    for (const check of checks) right += check(value, place, report)
    return right
  }
}

interface Outcome {
  readonly report: ValueReport
  readonly right: number
}

/** Values inside are not compared with their earlier state. */
function tryPart(part: ValueCheck, value: unknown, place: Place | undefined, like: ValueReport): Outcome {
  const report = like.empty()
  return { right: part(value, place, report, NO_OLD), report }
}

const isBetter = (one: Outcome, than: Outcome | undefined) => than === undefined || one.right > than.right

function compileAnyOf(parts: readonly ValueCheck[]): Check {
  return (value, place, report) => {
    let best: Outcome | undefined
    for (const part of parts) {
      const outcome = tryPart(part, value, place, report)
      if (outcome.report.size === 0) return outcome.right
      if (isBetter(outcome, best)) best = outcome
    }
    report.composite(`${quote(placeText(place))} must validate at least one schema (anyOf)`)
    if (best !== undefined) report.addAll(best.report)
    return best?.right ?? 0
  }
}

function compileOneOf(parts: readonly ValueCheck[]): Check {
  return (value, place, report) => {
    let best: Outcome | undefined
    let first: Outcome | undefined
    let valid = 0
    for (const part of parts) {
      const outcome = tryPart(part, value, place, report)
      if (outcome.report.size === 0) {
        valid++
        first ??= outcome
        best = undefined
      } else if (valid === 0 && isBetter(outcome, best)) best = outcome
    }
    if (valid === 1) return first?.right ?? 0
    const found = valid === 0 ? "Found none valid" : `Found ${valid} valid alternatives`
    report.composite(`${quote(placeText(place))} must validate one and only one schema (oneOf). ${found}`)
    if (best !== undefined) report.addAll(best.report)
    return best?.right ?? 0
  }
}

function compileAllOf(parts: readonly ValueCheck[]): Check {
  return (value, place, report) => {
    let valid = 0
    let right = 0
    for (const part of parts) {
      const before = report.size
      right += part(value, place, report, NO_OLD)
      if (report.size === before) valid++
    }
    if (valid < parts.length) {
      const none = valid === 0 ? ". None validated" : ""
      report.composite(`${quote(placeText(place))} must validate all the schemas (allOf)${none}`)
    }
    return right
  }
}

function compileNot(part: ValueCheck): Check {
  return (value, place, report) => {
    if (tryPart(part, value, place, report).report.size === 0) {
      report.composite(`${quote(placeText(place))} must not validate the schema (not)`)
    }
    return 0
  }
}
