import type { StructuralSchema, ValidationRule } from "../../structural/structural-schema.ts"
import type { CelAst } from "../ast.ts"
import type { CostEstimator } from "../cost/estimate.ts"
import type { CelEnvironment } from "../environment.ts"
import type { CelProgram } from "../program.ts"
import { boolType, type CelType, stringType } from "../types.ts"
import { type DeclaredType, sizeAlong } from "./declared-type.ts"
import { compileExpression, validationRuleEnvironment } from "./environment.ts"
import { estimateEquality } from "./equality-cost.ts"
import { REQUEST_BYTES_MAX } from "./limits.ts"
import { parseRuleFieldPath, RuleFieldPathError } from "./rule-field-path.ts"
import { declareSchema } from "./schema-type.ts"

/** One rule of a schema, compiled, or what is wrong with it in Kubernetes' words. */
export interface CompiledRule {
  readonly rule: ValidationRule
  /** Absent when the rule is blank or wrong. */
  readonly program?: CelProgram
  readonly error?: string
  /** A transition rule: it compares with the state before. */
  readonly usesOldSelf: boolean
  /** What one evaluation may cost. */
  readonly costMax: number
  /** How often the schema may occur in an object when nothing above it limits that. */
  readonly occurrencesMax: number
  readonly messageProgram?: CelProgram
  readonly messageError?: string
  readonly messageCostMax: number
  /** Relative to the value; empty for the value itself. */
  readonly fieldPath: string
}

/**
 * Compiles the rules of one schema, not those of its parts. Undefined when expressions cannot see values of the schema;
 * `isRoot` says that they are resources.
 */
export function compileRules(
  schema: StructuralSchema,
  rules: readonly ValidationRule[],
  isRoot: boolean,
): readonly CompiledRule[] | undefined {
  if (rules.length === 0) return []
  // Types are named from where the rule is, so every place with rules has its own.
  const declared = declareSchema(schema, "selfType", isRoot)
  if (declared === undefined) return undefined
  const environments = new Map<boolean, CelEnvironment>()
  const environmentFor = ({ optionalOldSelf = false }: ValidationRule): CelEnvironment => {
    const known = environments.get(optionalOldSelf)
    if (known !== undefined) return known
    const made = validationRuleEnvironment(declared, { optionalOldSelf })
    environments.set(optionalOldSelf, made)
    return made
  }
  return rules.map((rule) => compileRule(schema, rule, declared, environmentFor(rule)))
}

function compileRule(
  schema: StructuralSchema,
  rule: ValidationRule,
  declared: DeclaredType,
  environment: CelEnvironment,
): CompiledRule {
  const blank = { rule, usesOldSelf: false, costMax: 0, occurrencesMax: 0, messageCostMax: 0, fieldPath: "" }
  if (rule.rule.trim() === "") return blank
  const compiled = compileTyped(environment, rule.rule, boolType, declared, {
    compilation: "compilation failed",
    instantiation: "program instantiation failed",
    type: "cel expression must evaluate to a bool",
  })
  if ("error" in compiled) return { ...blank, error: compiled.error }
  return {
    rule,
    program: compiled.program,
    usesOldSelf: mentions(compiled.ast, "oldSelf"),
    costMax: compiled.costMax,
    // At least one comma stands between two occurrences.
    occurrencesMax: Math.floor(REQUEST_BYTES_MAX / (declared.bytesMin + 1)),
    fieldPath: normalizedFieldPath(rule, schema),
    ...compileMessage(rule, declared, environment),
  }
}

type CompiledMessage = Pick<CompiledRule, "messageProgram" | "messageError" | "messageCostMax">

function compileMessage(rule: ValidationRule, declared: DeclaredType, environment: CelEnvironment): CompiledMessage {
  const { messageExpression = "" } = rule
  if (messageExpression === "") return { messageCostMax: 0 }
  const compiled = compileTyped(environment, messageExpression, stringType, declared, {
    compilation: "messageExpression compilation failed",
    instantiation: "messageExpression instantiation failed",
    type: "messageExpression must evaluate to a string",
  })
  if ("error" in compiled) return { messageError: compiled.error, messageCostMax: 0 }
  return { messageProgram: compiled.program, messageCostMax: compiled.costMax }
}

type Typed =
  | { readonly program: CelProgram; readonly ast: CelAst; readonly costMax: number }
  | { readonly error: string }

function compileTyped(
  environment: CelEnvironment,
  source: string,
  type: CelType,
  declared: DeclaredType,
  words: { readonly [why in "compilation" | "instantiation" | "type"]: string },
): Typed {
  const compiled = compileExpression(environment, source)
  if (!compiled.ok) return { error: `${words[compiled.stage]}: ${compiled.message}` }
  if (!compiled.resultType.equals(type)) return { error: words.type }
  const { program, ast } = compiled
  return { program, ast, costMax: environment.estimateCost(ast, costEstimator(declared)).max }
}

/** Knows the sizes that the schema allows, and the costs of Kubernetes' types. */
export function costEstimator(self: DeclaredType): CostEstimator {
  return {
    estimateSize: (node) => sizeAlong(self, node),
    estimateCall: (name, _overload, _target, args) => estimateEquality(name, args),
  }
}

function mentions(ast: CelAst, variable: string): boolean {
  return [...ast.references.values()].some(({ name }) => name === variable)
}

function normalizedFieldPath({ fieldPath = "" }: ValidationRule, schema: StructuralSchema): string {
  if (fieldPath === "") return ""
  try {
    return parseRuleFieldPath(fieldPath, schema).toString()
  } catch (error) {
    if (error instanceof RuleFieldPathError) return ""
    throw error
  }
}
