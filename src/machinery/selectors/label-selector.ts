import type { LabelSelector as LabelSelectorObject } from "../meta/label-selector.ts"
import {
  formatRequirement,
  type Labels,
  matches,
  type Operator,
  type Requirement,
  requirement,
  SelectorError,
} from "./requirement.ts"

/** A compiled label selector: all requirements must hold. Without requirements it matches everything. */
export class LabelSelector {
  /** Ordered by key. Undefined: nothing ever matches. */
  readonly requirements: readonly Requirement[] | undefined

  constructor(requirements: readonly Requirement[] | undefined) {
    this.requirements = requirements?.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  }

  matches(labels: Labels | undefined): boolean {
    if (this.requirements === undefined) return false
    const present = labels ?? NO_LABELS
    for (const one of this.requirements) if (!matches(one, present)) return false
    return true
  }

  get matchesEverything(): boolean {
    return this.requirements?.length === 0
  }

  /** As `kubectl -l` takes it. */
  toString(): string {
    return (this.requirements ?? []).map(formatRequirement).join(",")
  }
}

const NO_LABELS: Labels = {}

export const EVERYTHING = new LabelSelector([])
export const NOTHING = new LabelSelector(undefined)

/** A selector for exactly these labels. Nothing is checked: for labels that were validated before. */
export function selectLabels(labels: Labels): LabelSelector {
  return new LabelSelector(Object.entries(labels).map(([key, value]) => ({ key, operator: "=", values: [value] })))
}

const OPERATORS = new Map<string, Operator>([
  ["In", "in"],
  ["NotIn", "notin"],
  ["Exists", "exists"],
  ["DoesNotExist", "!"],
])

/**
 * Compiles the selector of an object. Absent matches nothing, empty matches everything. Throws `SelectorError` on a
 * selector that validation would refuse.
 */
export function compileLabelSelector(selector: LabelSelectorObject | undefined): LabelSelector {
  if (selector === undefined) return NOTHING
  const requirements: Requirement[] = []
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    requirements.push(requirement(key, "=", [value]))
  }
  for (const expression of selector.matchExpressions ?? []) {
    const operator = OPERATORS.get(expression.operator)
    if (operator === undefined) {
      throw new SelectorError(`${JSON.stringify(expression.operator)} is not a valid label selector operator`)
    }
    requirements.push(requirement(expression.key, operator, expression.values ?? []))
  }
  return new LabelSelector(requirements)
}

/** The selector of an object as text; `<none>` when it matches everything, as kubectl shows it. */
export function formatLabelSelector(selector: LabelSelectorObject | undefined): string {
  return compileLabelSelector(selector).toString() || "<none>"
}
