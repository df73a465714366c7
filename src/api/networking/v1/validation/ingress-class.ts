import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { dns1123Subdomain } from "../../../../machinery/names/dns.ts"
import { byteLength, doesNotMatch } from "../../../../machinery/names/rules.ts"
import { allOf, type Errors, label, NONE } from "../../../core/v1/validation/rules.ts"
import type { IngressClassParametersReference, IngressClassSpec } from "../ingress-class.ts"
import { validateObjectReference } from "./ingress-backend.ts"

const SPEC = FieldPath.root("spec")
const CONTROLLER_BYTES_MAX = 250
const URL_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"
const urlPathPattern = new RegExp(`^${URL_PATH}$`)

export function validateIngressClass({ spec }: { readonly spec: IngressClassSpec }): Errors {
  const { controller = "", parameters } = spec
  const at = SPEC.child("controller")
  return [
    ...(byteLength(controller) > CONTROLLER_BYTES_MAX ? [field.tooLong(at, CONTROLLER_BYTES_MAX)] : NONE),
    ...domainPrefixedPath(controller, at),
    ...(parameters === undefined ? NONE : validateParameters(parameters, SPEC.child("parameters"))),
  ]
}

export function validateIngressClassUpdate(
  { spec }: { readonly spec: IngressClassSpec },
  old: { readonly spec: IngressClassSpec },
): Errors {
  if (spec.controller === old.spec.controller) return NONE
  return [field.invalid(SPEC.child("controller"), spec.controller ?? "", "field is immutable")]
}

/** `example.com/some/path`. */
export function domainPrefixedPath(value: string, path: FieldPath): Errors {
  if (value === "") return [field.required(path)]
  const slash = value.indexOf("/")
  const [domain, rest] = [value.slice(0, slash), value.slice(slash + 1)]
  if (slash < 1 || rest === "") {
    return [field.invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  }
  return [
    ...allOf(dns1123Subdomain(domain), domain, path),
    ...(urlPathPattern.test(rest) ? NONE : [field.invalid(path, rest, doesNotMatch("Invalid path", URL_PATH))]),
  ]
}

function validateParameters(reference: IngressClassParametersReference, path: FieldPath): Errors {
  return [...validateObjectReference(reference, path), ...validateScope(reference, path)]
}

function validateScope({ scope, namespace }: IngressClassParametersReference, path: FieldPath): Errors {
  const at = path.child("namespace")
  switch (scope) {
    case undefined:
      return [field.required(path.child("scope"))]
    case "Cluster":
      return namespace === undefined ? NONE : [field.forbidden(at, "`parameters.scope` is set to 'Cluster'")]
    case "Namespace":
      if (namespace === undefined) return [field.required(at, "`parameters.scope` is set to 'Namespace'")]
      return label(namespace, at)
    default:
      return [field.notSupported(path.child("scope"), scope, ["Cluster", "Namespace"])]
  }
}
