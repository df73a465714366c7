import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { dns1035Label } from "../../../../machinery/names/dns.ts"
import { type Errors, NONE, nonEmpty } from "../../../core/v1/validation/rules.ts"
import type { CustomResourceDefinitionNames } from "../custom-resource-definition.ts"

/** Problems of one value as one error. */
export function joined(problems: readonly string[], value: string, path: FieldPath): Errors {
  return problems.length === 0 ? NONE : [field.invalid(path, value, problems.join(","))]
}

/** Of the spec, where some names are needed. */
export function validateNewNames(names: CustomResourceDefinitionNames, path: FieldPath): Errors {
  return [
    ...(["plural", "singular", "kind", "listKind"] as const).flatMap((name) => nonEmpty(names[name], path.child(name))),
    ...validateNames(names, path),
  ]
}

export function validateNames(names: CustomResourceDefinitionNames, path: FieldPath): Errors {
  const { plural, singular = "", kind, listKind = "", shortNames = [], categories = [] } = names
  const label = (value: string, at: FieldPath) => joined(dns1035Label(value), value, at)
  const mixed = (value: string, at: FieldPath): Errors => {
    const problems = dns1035Label(value.toLowerCase())
    if (value === "" || problems.length === 0) return NONE
    return [field.invalid(at, value, `may have mixed case, but should otherwise match: ${problems.join(",")}`)]
  }
  return [
    ...(plural === "" ? NONE : label(plural, path.child("plural"))),
    ...(singular === "" ? NONE : label(singular, path.child("singular"))),
    ...mixed(kind, path.child("kind")),
    ...mixed(listKind, path.child("listKind")),
    ...shortNames.flatMap((name, index) => label(name, path.child("shortNames").index(index))),
    ...(kind !== "" && kind === listKind
      ? [field.invalid(path.child("listKind"), listKind, "kind and listKind may not be the same")]
      : NONE),
    ...categories.flatMap((name, index) => label(name, path.child("categories").index(index))),
  ]
}

const APPROVAL = "api-approved.kubernetes.io"
const PROTECTED = /(?:^|\.)(?:k8s|kubernetes)\.io$/
const REVIEW = "see https://github.com/kubernetes/enhancements/pull/1111"

interface Approvable {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
  readonly spec: { readonly group: string }
}

export function isProtectedGroup(group: string): boolean {
  return PROTECTED.test(group)
}

/** Groups of the Kubernetes project need a word from it. What was stored without one may stay. */
export function validateApproval(object: Approvable, old: Approvable | undefined, path: FieldPath): Errors {
  if (!isProtectedGroup(object.spec.group)) return NONE
  const text = approvalOf(object)
  const state = approvalState(text)
  if (old !== undefined && approvalState(approvalOf(old)) === state) return NONE
  const must = `protected groups must have approval annotation "${APPROVAL}"`
  const at = path.key(APPROVAL)
  if (state === "missing") return [field.required(at, `${must}, ${REVIEW}`)]
  if (state !== "invalid") return NONE
  return [field.invalid(at, text, `${must} with either a URL or a reason starting with "unapproved", ${REVIEW}`)]
}

export function approvalOf({ metadata }: Approvable): string {
  const { annotations = {} } = metadata
  return Object.hasOwn(annotations, APPROVAL) ? (annotations[APPROVAL] ?? "") : ""
}

export function approvalState(text: string): "missing" | "bypassed" | "approved" | "invalid" {
  if (text === "") return "missing"
  if (text.startsWith("unapproved")) return "bypassed"
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/?#\s]+/.test(text) ? "approved" : "invalid"
}
