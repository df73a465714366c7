import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { pathSegmentName } from "../../../../machinery/names/identifiers.ts"
import { validateLabelSelector } from "../../../../machinery/validation/labels.ts"
import { allOf, type Errors, NONE, oneOf, requiredOneOf, subdomain } from "../../../core/v1/validation/rules.ts"
import type { MutatingAdmissionPolicyBindingSpec } from "../mutating-admission-policy-binding.ts"
import type { ParamRef } from "../policy-parameters.ts"
import type { ValidatingAdmissionPolicyBindingSpec } from "../validating-admission-policy-binding.ts"
import { validateMatchResources, validateMutable } from "./rules.ts"

const SPEC = FieldPath.root("spec")
const ACTIONS = ["Audit", "Deny", "Warn"]
const DENY_AND_WARN =
  "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)"

export function validateMutatingBinding({ spec }: { readonly spec: MutatingAdmissionPolicyBindingSpec }): Errors {
  return [...validateBinding(spec), ...validateMutable(spec.matchResources, SPEC.child("matchResources"))]
}

export function validateValidatingBinding({ spec }: { readonly spec: ValidatingAdmissionPolicyBindingSpec }): Errors {
  return [...validateBinding(spec), ...validateActions(spec.validationActions, SPEC.child("validationActions"))]
}

function validateBinding({ policyName = "", paramRef, matchResources }: MutatingAdmissionPolicyBindingSpec): Errors {
  const name = SPEC.child("policyName")
  return [
    ...(policyName === "" ? [field.required(name)] : subdomain(policyName, name)),
    ...(paramRef === undefined ? NONE : validateParamRef(paramRef, SPEC.child("paramRef"))),
    ...validateMatchResources(matchResources, SPEC.child("matchResources")),
  ]
}

function validateParamRef({ name = "", selector, parameterNotFoundAction }: ParamRef, path: FieldPath): Errors {
  const both = name !== "" && selector !== undefined
  const exclusive = (member: string): Errors =>
    both ? [field.forbidden(path.child(member), "name and selector are mutually exclusive")] : NONE
  return [
    ...allOf(pathSegmentName(name), name, path.child("name")),
    ...exclusive("name"),
    ...validateLabelSelector(selector, path.child("selector")),
    ...exclusive("selector"),
    ...(name === "" && selector === undefined
      ? [field.required(path, "one of name or selector must be specified")]
      : NONE),
    ...requiredOneOf(parameterNotFoundAction, ["Deny", "Allow"], path.child("parameterNotFoundAction")),
  ]
}

function validateActions(actions: readonly string[], path: FieldPath): Errors {
  return [
    ...actions.flatMap((action, index) => [
      ...oneOf(action, ACTIONS, path.index(index)),
      ...(actions.indexOf(action) < index ? [field.duplicate(path.index(index), action)] : NONE),
    ]),
    ...(actions.includes("Deny") && actions.includes("Warn") ? [field.invalid(path, actions, DENY_AND_WARN)] : NONE),
    ...(actions.length === 0 ? [field.required(path, "at least one validation action is required")] : NONE),
  ]
}
