import type { FieldError } from "../../field/error.ts"
import * as field from "../../field/error.ts"
import type { FieldPath } from "../../field/path.ts"
import type { StructuralSchema, ValidationRule } from "../../structural/structural-schema.ts"
import { NO_LIMIT } from "./declared-type.ts"
import { parseRuleFieldPath, RuleFieldPathError } from "./rule-field-path.ts"
import { type CompiledRule, compileRules } from "./validation-rule.ts"

/** The most that one rule may be estimated to cost, all its evaluations in one object together. */
const RULE_COST_MAX = 10_000_000
/** The most that all rules of a schema may be estimated to cost together. */
const SCHEMA_COST_MAX = 100_000_000
/** How many rules are named when the whole is too expensive, and which share of the whole makes a rule worth naming. */
const NAMED_MAX = 4
const NAMED_SHARE = 0.01

const RULES = "x-kubernetes-validations"
const NO_TYPES =
  "internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations"

/**
 * Checks the CEL rules of a definition's schema, as far as that takes more than looking at their text: whether they
 * compile, are cheap enough, and compare only what can be compared. Rules at or above one of the `schemaErrors` are left
 * out, since their types may not be known. `path` is that of the schema.
 */
export function checkValidationRules(
  schema: StructuralSchema,
  path: FieldPath,
  schemaErrors: readonly FieldError[],
): readonly FieldError[] {
  const check = new RuleCheck(schemaErrors.map((error) => error.field))
  check.visit({ schema, path, isRoot: true, occurrencesMax: 1 })
  return [...check.errors, ...check.totals(path)]
}

interface Place {
  readonly schema: StructuralSchema
  readonly path: FieldPath
  readonly isRoot: boolean
  /** How often there can be a value here in one object, as far as the schema limits it. */
  readonly occurrencesMax: number | undefined
  /** The outermost schema whose parts cannot be told apart between two states of an object. */
  readonly uncorrelatable?: FieldPath
}

class RuleCheck {
  readonly errors: FieldError[] = []
  readonly #spoiled: readonly string[]
  readonly #expensive: { readonly path: FieldPath; readonly cost: number }[] = []
  #total = 0

  constructor(spoiled: readonly string[]) {
    this.#spoiled = spoiled
  }

  visit(place: Place): void {
    for (const inner of placesWithin(place)) this.visit(inner)
    const { schema, path } = place
    if (schema.rules.length === 0) return
    const at = path.child(RULES)
    const wrongPaths = schema.rules.flatMap((rule, i) => checkFieldPath(rule, schema, at.index(i)))
    this.errors.push(...wrongPaths)
    if (wrongPaths.length > 0 || this.#isSpoiled(path)) return
    const compiled = compileRules(schema, schema.rules, place.isRoot)
    if (compiled === undefined) this.errors.push(field.internal(at, NO_TYPES))
    for (const [i, one] of compiled?.entries() ?? []) this.#check(one, place, at.index(i))
  }

  #isSpoiled(path: FieldPath): boolean {
    const here = path.toString()
    return this.#spoiled.some((wrong) => wrong === here || wrong.startsWith(`${here}.`) || wrong.startsWith(`${here}[`))
  }

  #check(compiled: CompiledRule, { occurrencesMax, uncorrelatable }: Place, at: FieldPath): void {
    const { rule, error, messageError } = compiled
    const cost = compiled.costMax * (occurrencesMax ?? compiled.occurrencesMax)
    this.#observe(at.child("rule"), cost, "estimated rule cost")
    if (error !== undefined) this.errors.push(field.invalid(at.child("rule"), inGo(rule), error))
    if (messageError !== undefined) {
      this.errors.push(field.invalid(at.child("messageExpression"), inGo(rule), messageError))
    } else if (compiled.messageProgram !== undefined) {
      this.#observe(at.child("messageExpression"), compiled.messageCostMax, "estimated messageExpression cost")
    }
    if (compiled.usesOldSelf && uncorrelatable !== undefined) {
      const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`
      this.errors.push(field.invalid(at.child("rule"), rule.rule, why))
    }
    if (!compiled.usesOldSelf && rule.optionalOldSelf !== undefined) {
      const why = "may not be set if oldSelf is not used in rule"
      this.errors.push(field.invalid(at.child("optionalOldSelf"), rule.optionalOldSelf, why))
    }
  }

  #observe(path: FieldPath, exact: number, what: string): void {
    const cost = Math.min(exact, NO_LIMIT)
    if (cost > RULE_COST_MAX) this.errors.push(field.forbidden(path, costMessage(what, cost, RULE_COST_MAX)))
    this.#total = Math.min(this.#total + cost, NO_LIMIT)
    if (cost >= SCHEMA_COST_MAX * NAMED_SHARE) this.#expensive.push({ path, cost })
  }

  /** What is wrong with all rules together. */
  totals(path: FieldPath): readonly FieldError[] {
    if (this.#total <= SCHEMA_COST_MAX) return []
    const named = this.#expensive.toSorted((a, b) => b.cost - a.cost).slice(0, NAMED_MAX)
    const why = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"
    const what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema"
    return [
      ...named.map((one) => field.forbidden(one.path, why)),
      field.forbidden(path, costMessage(what, this.#total, SCHEMA_COST_MAX)),
    ]
  }
}

function* placesWithin({ schema, path, occurrencesMax, uncorrelatable }: Place): Generator<Place> {
  const { additionalProperties: others, items } = schema
  const each = elementsMax(schema)
  const within = (part: StructuralSchema, at: FieldPath): Place => ({
    schema: part,
    path: at,
    isRoot: part.embeddedResource,
    occurrencesMax: occurrencesMax === undefined || each === undefined ? undefined : occurrencesMax * each,
    ...(uncorrelatable && { uncorrelatable }),
  })
  if (typeof others === "object") yield within(others, path.child("additionalProperties"))
  for (const [name, property] of schema.properties) yield within(property, path.child("properties").key(name))
  if (items === undefined) return
  // Only items of lists with keys can be told apart; the default is a list without.
  const apart = schema.listType === "map" ? {} : { uncorrelatable: uncorrelatable ?? path }
  yield { ...within(items, path.child("items")), ...apart }
}

/** How many values of its parts a value can have; undefined when the schema sets no limit. */
function elementsMax({ type, additionalProperties, values }: StructuralSchema): number | undefined {
  if (type === "array") return values.maxItems === undefined ? undefined : Math.max(values.maxItems, 0)
  if (type !== "object" || additionalProperties === undefined) return 1
  return values.maxProperties === undefined ? undefined : Math.max(values.maxProperties, 0)
}

function checkFieldPath(rule: ValidationRule, schema: StructuralSchema, at: FieldPath): readonly FieldError[] {
  const { fieldPath = "" } = rule
  try {
    if (fieldPath !== "") parseRuleFieldPath(fieldPath, schema)
    return []
  } catch (error) {
    if (!(error instanceof RuleFieldPathError)) throw error
    return [field.invalid(at.child("fieldPath"), fieldPath, "must be a valid path")]
  }
}

/** Kubernetes shows a rule as its own struct has it. */
function inGo(rule: ValidationRule): unknown {
  return {
    Rule: rule.rule,
    Message: rule.message ?? "",
    MessageExpression: rule.messageExpression ?? "",
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? "",
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  }
}

function costMessage(what: string, cost: number, costMax: number): string {
  const factor = cost / costMax
  // Close to the limit one digit would read as if it were kept.
  const shown = factor > 100 ? "more than 100x" : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`
  const hint = "try simplifying the rule, or adding maxItems, maxProperties, and maxLength"
  return `${what} exceeds budget by factor of ${shown} (${hint} where arrays, maps, and strings are declared)`
}
