import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { pathSegmentName, portName, portNumber } from "../../../../machinery/names/identifiers.ts"
import { allOf, type Errors, label, NONE, subdomain } from "../../../core/v1/validation/rules.ts"
import type { IngressBackend, IngressServiceBackend } from "../ingress-backend.ts"

export function validateBackend({ resource, service }: IngressBackend, path: FieldPath): Errors {
  if (resource !== undefined && service !== undefined) {
    return [field.invalid(path, "", "cannot set both resource and service backends")]
  }
  if (resource !== undefined) return validateObjectReference(resource, path.child("resource"))
  if (service !== undefined) return validateServiceBackend(service, path)
  return [field.invalid(path, "", "resource or service backend is required")]
}

function validateServiceBackend({ name, port }: IngressServiceBackend, path: FieldPath): Errors {
  const at = path.child("service").child("name")
  return [...(name === "" ? [field.required(at)] : label(name, at)), ...validatePort(port, path)]
}

function validatePort({ name = "", number = 0 }: IngressServiceBackend["port"], path: FieldPath): Errors {
  const at = path.child("service").child("port")
  if (name !== "" && number !== 0) return [field.invalid(path, "", "cannot set both port name & port number")]
  if (name !== "") return allOf(portName(name), name, at.child("name"))
  if (number !== 0) return allOf(portNumber(number), number, at.child("number"))
  return [field.required(path, "port name or number is required")]
}

interface ObjectReference {
  readonly apiGroup?: string
  readonly kind: string
  readonly name: string
}

export function validateObjectReference({ apiGroup, kind, name }: ObjectReference, path: FieldPath): Errors {
  return [
    ...(apiGroup === undefined ? NONE : subdomain(apiGroup, path.child("apiGroup"))),
    ...requiredSegment(kind, path.child("kind")),
    ...requiredSegment(name, path.child("name")),
  ]
}

export function requiredSegment(value: string, path: FieldPath): Errors {
  return value === "" ? [field.required(path)] : allOf(pathSegmentName(value), value, path)
}
