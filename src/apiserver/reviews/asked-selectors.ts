import type { ResourceAttributes } from "../../api/authorization/v1/attributes.ts"
import { FieldSelector, type FieldTerm, parseFieldSelector } from "../../machinery/selectors/field-selector.ts"
import { LabelSelector } from "../../machinery/selectors/label-selector.ts"
import { parseLabelSelector } from "../../machinery/selectors/parse-label-selector.ts"
import { type Operator, requirement, SelectorError } from "../../machinery/selectors/requirement.ts"

/**
 * The selectors that a question about access names, as text. What cannot be understood of them is left out: then the
 * question is about more than what was meant, never about less.
 */
export interface AskedSelectors {
  readonly fieldSelector?: string
  readonly labelSelector?: string
  /** What was left out, in Kubernetes' words. */
  readonly problems: readonly string[]
}

export function askedSelectors({ fieldSelector, labelSelector }: ResourceAttributes): AskedSelectors {
  const fields = fieldSelector && readFields(fieldSelector)
  const labels = labelSelector && readLabels(labelSelector)
  const problems = [...problemOf("fieldSelector", fields), ...problemOf("labelSelector", labels)]
  return {
    problems,
    ...(fields?.text && { fieldSelector: fields.text }),
    ...(labels?.text && { labelSelector: labels.text }),
  }
}

interface Read {
  readonly text: string
  readonly isWhole: boolean
}

function problemOf(which: string, read: Read | undefined): string[] {
  if (read === undefined || read.isWhole) return []
  return [`spec.resourceAttributes.${which} ${read.text === "" ? "" : "partially "}ignored due to parse error`]
}

/** Nothing when it is not understood. */
function reading<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof SelectorError) return undefined
    throw error
  }
}

function readFields({ rawSelector = "", requirements = [] }: NonNullable<ResourceAttributes["fieldSelector"]>): Read {
  if (requirements.length === 0) {
    const selector = reading(() => parseFieldSelector(rawSelector))
    return { text: selector?.toString() ?? "", isWhole: selector !== undefined }
  }
  const terms = requirements.flatMap(({ key, operator, values = [] }): FieldTerm[] => {
    const [value] = values
    if (value === undefined || values.length > 1 || (operator !== "In" && operator !== "NotIn")) return []
    return [{ field: key, value, negated: operator === "NotIn" }]
  })
  return { text: new FieldSelector(terms).toString(), isWhole: terms.length === requirements.length }
}

const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ["In", "in"],
  ["NotIn", "notin"],
  ["Exists", "exists"],
  ["DoesNotExist", "!"],
])

function readLabels({ rawSelector = "", requirements = [] }: NonNullable<ResourceAttributes["labelSelector"]>): Read {
  if (requirements.length === 0) {
    const selector = reading(() => parseLabelSelector(rawSelector))
    return { text: selector?.toString() ?? "", isWhole: selector !== undefined }
  }
  const known = requirements.flatMap(({ key, operator, values = [] }) => {
    const wanted = OPERATORS.get(operator)
    return (wanted && reading(() => requirement(key, wanted, values))) ?? []
  })
  return { text: new LabelSelector(known).toString(), isWhole: known.length === requirements.length }
}
