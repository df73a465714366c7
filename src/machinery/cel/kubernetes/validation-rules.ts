import type { Clock } from "../../../platform/clock.ts"
import type { FieldError } from "../../field/error.ts"
import { FieldPath } from "../../field/path.ts"
import { isObject, type JsonObject } from "../../patch/structure.ts"
import { NO_OLD, oldItemsOf } from "../../structural/correlate.ts"
import type { SchemaSource } from "../../structural/schema-source.ts"
import type { NestedValidation, StructuralSchema, ValidationRule } from "../../structural/structural-schema.ts"
import type { JsonShape } from "../json/shape.ts"
import { evaluateRules, RuleRun } from "./evaluate-rules.ts"
import { EvaluationTime } from "./evaluation-time.ts"
import { itemsSource, memberSource, RuleCorrelation } from "./rule-correlation.ts"
import { shapeOf } from "./schema-type.ts"
import { type CompiledRule, compileRules } from "./validation-rule.ts"

/**
 * The CEL rules of a schema with all its parts, ready to be evaluated for values. `old` is undefined on creation.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules
 */
export type ValidationRules = (value: unknown, old: unknown, options?: RuleOptions) => readonly FieldError[]

export interface RuleOptions {
  /** Told about rules that fail where nothing changed. */
  readonly warn?: (text: string) => void
  /** Where the value stands. Default the whole object. */
  readonly path?: FieldPath
  /** Whether what did not change may stay wrong. Default true. */
  readonly ratchets?: boolean
  /** By which evaluating may take a limited time. Default: cost alone limits it. */
  readonly clock?: Pick<Clock, "monotonicMs">
}

const STANDING: Pick<Clock, "monotonicMs"> = { monotonicMs: () => 0 }

/**
 * Undefined when the schema has no rules. `source` is what the schema was parsed from; `isRoot` says that values are whole
 * resources. Never throws for bad rules.
 */
export function compileValidationRules(
  source: SchemaSource,
  schema: StructuralSchema,
  isRoot = true,
): ValidationRules | undefined {
  // Rules in `allOf` alone are not looked for, as in Kubernetes.
  const root = hasRules(schema) ? compileNode({ rules: schema, schema, source, isRoot }) : undefined
  if (root === undefined) return undefined
  return (value, old, { warn = () => {}, path = FieldPath.root(), ratchets = true, clock = STANDING } = {}) => {
    const run = new RuleRun(warn, new EvaluationTime(clock))
    const correlation = ratchets && old !== undefined ? RuleCorrelation.of(source, value, old) : RuleCorrelation.none
    visit(root, { path, value, old, correlation }, run)
    return run.errors
  }
}

function hasRules({ rules, items, properties, additionalProperties: others }: StructuralSchema): boolean {
  if (rules.length > 0 || (items !== undefined && hasRules(items))) return true
  return (typeof others === "object" && hasRules(others)) || [...properties.values()].some(hasRules)
}

/** The rules of one schema and of what is below it. */
export interface RuleNode {
  readonly schema: StructuralSchema
  readonly rules: readonly CompiledRule[]
  readonly shape: JsonShape
  readonly source: SchemaSource
  readonly items: RuleNode | undefined
  readonly others: RuleNode | undefined
  readonly properties: ReadonlyMap<string, RuleNode>
  readonly allOf: readonly RuleNode[]
}

/** Where rules can be: a schema, or a part of `allOf`. */
interface Holder {
  readonly rules: readonly ValidationRule[]
  readonly items: Holder | undefined
  readonly properties: ReadonlyMap<string, Holder>
  readonly additionalProperties: Holder | boolean | undefined
  readonly allOf?: readonly NestedValidation[]
  readonly values?: { readonly allOf: readonly NestedValidation[] }
}

interface Uncompiled {
  readonly rules: Holder
  /** What gives values at this place their shape. */
  readonly schema: StructuralSchema
  readonly source: SchemaSource
  /** Whether values are resources. */
  readonly isRoot: boolean
}

function compileNode(place: Uncompiled): RuleNode | undefined {
  const { rules: holder, schema, source, isRoot } = place
  const rules = compileRules(schema, holder.rules, isRoot) ?? []
  const allOf = (holder.allOf ?? holder.values?.allOf ?? []).map((nested) => compileNode({ ...place, rules: nested }))
  const node: RuleNode = {
    schema,
    source,
    rules,
    shape: shapeOf(schema, isRoot),
    items: compileItems(place),
    others: compileOthers(place),
    properties: compileProperties(place),
    allOf: allOf.filter((one) => one !== undefined),
  }
  const isEmpty =
    rules.length === 0 && !node.items && !node.others && node.properties.size === 0 && node.allOf.length === 0
  return isEmpty ? undefined : node
}

function compileItems({ rules, schema, source }: Uncompiled): RuleNode | undefined {
  const items = itemsSource(source)
  if (rules.items === undefined || schema.items === undefined || items === undefined) return undefined
  return compileNode({
    rules: rules.items,
    schema: schema.items,
    source: items,
    isRoot: schema.items.embeddedResource,
  })
}

function compileOthers({ rules, schema, source }: Uncompiled): RuleNode | undefined {
  const { additionalProperties: others } = schema
  const { additionalProperties: otherRules } = rules
  const { additionalProperties: otherSource } = source
  if (typeof others !== "object" || typeof otherRules !== "object" || typeof otherSource !== "object") return undefined
  return compileNode({
    rules: otherRules,
    schema: others,
    source: otherSource,
    isRoot: others.embeddedResource,
  })
}

function compileProperties({ rules, schema, source }: Uncompiled): ReadonlyMap<string, RuleNode> {
  const nodes = new Map<string, RuleNode>()
  for (const [name, propertyRules] of rules.properties) {
    const property = schema.properties.get(name)
    const propertySource = memberSource(source, name)
    if (property === undefined || propertySource === undefined) continue
    const node = compileNode({
      rules: propertyRules,
      schema: property,
      source: propertySource,
      isRoot: property.embeddedResource,
    })
    if (node !== undefined) nodes.set(name, node)
  }
  return nodes
}

/** A value in an object, with the one that was there before. */
export interface RulePlace {
  readonly path: FieldPath
  readonly value: unknown
  /** Undefined or null when there was none, or it cannot be told which. */
  readonly old: unknown
  readonly correlation: RuleCorrelation
}

function visit(node: RuleNode, place: RulePlace, run: RuleRun): void {
  if (place.value === null || place.value === undefined || run.isOver) return
  evaluateRules(node, place, run)
  for (const nested of node.allOf) {
    if (run.isOver) return
    visit(nested, { ...place, correlation: place.correlation.aroundOnly }, run)
  }
  if (run.isOver) return
  if (Array.isArray(place.value)) visitItems(node, place, place.value, run)
  else if (isObject(place.value)) visitMembers(node, place, place.value, run)
}

function visitItems(node: RuleNode, place: RulePlace, list: readonly unknown[], run: RuleRun): void {
  const { items } = node
  if (items === undefined) return
  const olds = oldItemsOf(node.source, list, place.old)
  for (const [i, value] of list.entries()) {
    const old = olds?.[i]
    const { path, correlation } = place
    visit(
      items,
      {
        path: path.index(i),
        value,
        old: old === NO_OLD ? undefined : old,
        correlation: correlation.item(i),
      },
      run,
    )
    if (run.isOver) return
  }
}

function visitMembers(node: RuleNode, { path, old, correlation }: RulePlace, object: JsonObject, run: RuleRun): void {
  for (const [name, value] of Object.entries(object)) {
    const property = node.properties.get(name)
    const inner = property ?? node.others
    if (inner === undefined) continue
    const oldValue = isObject(old) && Object.hasOwn(old, name) ? old[name] : undefined
    const at = property === undefined ? path.key(name) : path.child(name)
    visit(inner, { path: at, value, old: oldValue, correlation: correlation.member(name) }, run)
    if (run.isOver) return
  }
}
