import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
} from "../../api/apiextensions/v1/custom-resource-definition.ts"
import { approvalCondition } from "./approval.ts"
import { acceptNames, hasItsNames, type UsedNames } from "./names.ts"
import { schemaCondition } from "./schema-condition.ts"

export type Condition = Omit<CustomResourceDefinitionCondition, "lastTransitionTime">
export type Status = CustomResourceDefinition["status"]

export function isTrue({ status }: Pick<CustomResourceDefinition, "status">, type: string): boolean {
  return status.conditions.some((one) => one.type === type && one.status === "True")
}

/** With this condition in the place of an earlier one of its type. */
export function withCondition(
  conditions: readonly CustomResourceDefinitionCondition[],
  condition: Condition,
  now: string,
): readonly CustomResourceDefinitionCondition[] {
  const before = conditions.find(({ type }) => type === condition.type)
  const since = before?.status === condition.status ? (before.lastTransitionTime ?? now) : now
  const made = { ...condition, lastTransitionTime: since }
  return before === undefined
    ? [...conditions, made]
    : conditions.map((one) => (one.type === condition.type ? made : one))
}

/**
 * What the status of a definition should say. `served`: its resources can be used by now, so it may be established.
 *
 *     created ──▶ names accepted ──▶ served ──▶ established ──▶ terminating ──▶ gone
 *          └────▶ names in use (of others), until they become free
 */
export function planStatus(
  definition: CustomResourceDefinition,
  used: () => UsedNames,
  served: boolean,
  now: string,
): Status {
  let { conditions, acceptedNames } = definition.status
  const set = (condition: Condition) => {
    conditions = withCondition(conditions, condition, now)
  }
  if (!hasItsNames(definition)) {
    const { names, conflict } = acceptNames(definition, used())
    acceptedNames = names
    set(
      conflict === undefined
        ? { type: "NamesAccepted", status: "True", reason: "NoConflicts", message: "no conflicts found" }
        : { type: "NamesAccepted", status: "False", ...conflict },
    )
    if (!isTrue({ status: { ...definition.status, conditions } }, "Established")) {
      const reason = conflict === undefined ? "Installing" : "NotAccepted"
      const message = conflict === undefined ? ACCEPTED : "not all names are accepted"
      set({ type: "Established", status: "False", reason, message })
    }
  }
  const status = { ...definition.status, conditions, acceptedNames }
  if (served && isTrue({ status }, "NamesAccepted") && !isTrue({ status }, "Established")) set(established(definition))
  const approval = approvalCondition(definition)
  if (approval !== undefined) set(approval)
  const schema = schemaCondition(definition)
  if (schema !== undefined) set(schema)
  else conditions = conditions.filter(({ type }) => type !== "NonStructuralSchema")
  return { ...status, conditions }
}

const ACCEPTED = "the initial names have been accepted"

function established({ spec }: CustomResourceDefinition): Condition {
  const bundle = spec.conversion?.webhook?.clientConfig?.caBundle
  if (bundle !== undefined && bundle !== "" && !isCertificates(bundle)) {
    const message = "The conversion webhook CABundle is invalid"
    return { type: "Established", status: "False", reason: "InvalidCABundle", message }
  }
  return { type: "Established", status: "True", reason: "InitialNamesAccepted", message: ACCEPTED }
}

function isCertificates(bundle: string): boolean {
  return Buffer.from(bundle, "base64").toString().includes("-----BEGIN CERTIFICATE-----")
}
