import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { pathSegmentName } from "../../../../machinery/names/identifiers.ts"
import { allOf, type Errors, NONE } from "../../../core/v1/validation/rules.ts"
import type { CrossVersionObjectReference } from "../metric-spec.ts"

/** Whether a reference has to name a group: `any` also takes the core group, whose name is empty. */
export type Groups = "named" | "any" | "unchecked"

export function validateReference(reference: CrossVersionObjectReference, groups: Groups, path: FieldPath): Errors {
  const name = (member: "kind" | "name"): Errors => {
    const value = reference[member]
    const at = path.child(member)
    return value === "" ? [field.required(at)] : allOf(pathSegmentName(value), value, at)
  }
  const problem = versionProblem(reference, groups)
  return [
    ...name("kind"),
    ...name("name"),
    ...(problem === undefined ? NONE : [field.invalid(path.child("apiVersion"), reference.apiVersion ?? "", problem)]),
  ]
}

/** What is wrong with the version of a reference; undefined when it is right. */
export function versionProblem({ apiVersion = "" }: CrossVersionObjectReference, groups: Groups): string | undefined {
  if (groups === "unchecked") return undefined
  const parts = apiVersion.split("/")
  if (parts.length > 2) return `unexpected GroupVersion string: ${apiVersion}`
  const group = parts.length === 2 ? parts[0] : ""
  return groups === "named" && group === "" ? "apiVersion must specify API group" : undefined
}
