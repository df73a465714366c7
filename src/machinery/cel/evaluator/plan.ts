import { isError, noSuchOverload } from "../error.ts"
import { CelOptional, type CelResult, type CelValue } from "../value.ts"
import { access, accessIfPresent, isPresent } from "../values/access.ts"
import type { Evaluate, Frame } from "./frame.ts"

/** Access to a variable or field costs this. */
const SELECT_COST = 1

/** How a part of an expression is evaluated. */
export type Plan =
  | { readonly kind: "constant"; readonly value: CelValue }
  | { readonly kind: "attribute"; readonly attribute: Attribute; readonly testOnly: boolean }
  | { readonly kind: "computed"; readonly evaluate: Evaluate }

/**
 * A value and a way into it: `a.b[0].c`. It is resolved as a whole, which is what its costs are counted by. A choice
 * between two of them goes on into either.
 */
export type Attribute =
  | { readonly kind: "path"; readonly root: Evaluate; readonly qualifiers: Qualifier[] }
  | {
      readonly kind: "conditional"
      readonly condition: Evaluate
      readonly whenTrue: Attribute
      readonly whenFalse: Attribute
    }

/** One step of the way. */
export interface Qualifier {
  readonly key: CelValue | Evaluate
  /** Written `.?` or `[?`: what is not there gives an empty optional. */
  readonly optional: boolean
  /** In `has()`: asks only whether there is something. */
  readonly testOnly: boolean
}

export function addQualifier(attribute: Attribute, qualifier: Qualifier): void {
  if (attribute.kind === "path") attribute.qualifiers.push(qualifier)
  else {
    addQualifier(attribute.whenTrue, qualifier)
    addQualifier(attribute.whenFalse, qualifier)
  }
}

/** A plan's value with its cost. */
export function evaluator(plan: Plan, presenceTestHasCost: boolean): Evaluate {
  switch (plan.kind) {
    case "constant": {
      const { value } = plan
      return () => value
    }
    case "computed":
      return plan.evaluate
    case "attribute":
      return attributeEvaluator(plan.attribute, plan.testOnly, presenceTestHasCost)
  }
}

function attributeEvaluator(attribute: Attribute, testOnly: boolean, presenceTestHasCost: boolean): Evaluate {
  const ownCost = attribute.kind === "conditional" || (testOnly && !presenceTestHasCost) ? 0 : SELECT_COST
  return (frame) => {
    const value = resolve(attribute, frame)
    frame.charge(ownCost)
    return testOnly && value instanceof CelOptional ? value.value !== undefined : value
  }
}

/** The value without the cost of the attribute itself, but with that of its qualifiers. */
export function resolve(attribute: Attribute, frame: Frame): CelResult {
  if (attribute.kind === "path") return resolvePath(attribute.root(frame), attribute.qualifiers, frame)
  const condition = attribute.condition(frame)
  if (condition === true) return resolve(attribute.whenTrue, frame)
  if (condition === false) return resolve(attribute.whenFalse, frame)
  return isError(condition) ? condition : noSuchOverload()
}

function resolvePath(root: CelResult, qualifiers: readonly Qualifier[], frame: Frame): CelResult {
  if (qualifiers.length === 0 || isError(root)) return root
  let optional = root instanceof CelOptional
  if (root instanceof CelOptional && root.value === undefined) return root
  let value: CelValue = root instanceof CelOptional ? (root.value as CelValue) : root
  for (const qualifier of qualifiers) {
    optional ||= qualifier.optional
    const key: CelResult = typeof qualifier.key === "function" ? qualifier.key(frame) : qualifier.key
    if (isError(key)) {
      if (!optional) frame.charge(SELECT_COST)
      return key
    }
    const found: CelResult | undefined = optional
      ? qualifyIfPresent(value, key, qualifier.testOnly, frame)
      : qualify(value, key, qualifier, frame)
    if (found === undefined) return CelOptional.none
    if (isError(found)) return found
    value = found
  }
  return optional ? new CelOptional(value) : value
}

function qualify(value: CelValue, key: CelValue, { testOnly }: Qualifier, frame: Frame): CelResult {
  frame.charge(SELECT_COST)
  return testOnly ? isPresent(value, key) : access(value, key)
}

function qualifyIfPresent(value: CelValue, key: CelValue, testOnly: boolean, frame: Frame): CelResult | undefined {
  const present = isPresent(value, key)
  if (isError(present)) return present
  if (!present) return undefined
  frame.charge(SELECT_COST)
  return testOnly ? true : accessIfPresent(value, key)
}
