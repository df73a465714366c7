import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { compareQuantities, parseQuantity, ZERO } from "../../../../machinery/quantity/quantity.ts"
import type { ObjectFieldSelector, ResourceFieldSelector } from "../references.ts"
import { type Errors, NONE, qualified } from "./rules.ts"

/** References to the pod's own fields and resources (the downward API). */

/** Fields with a name, whether or not they can be used at the place in question. */
const KNOWN_FIELDS = new Set([
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.restartPolicy",
  "spec.serviceAccountName",
  "spec.schedulerName",
  "status.phase",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
])
const SUBSCRIPT = /^(.+?)\['(.*)'\]$/s

export function validateFieldRef(
  { apiVersion, fieldPath }: ObjectFieldSelector,
  supported: readonly string[],
  path: FieldPath,
): Errors {
  const at = path.child("fieldPath")
  if (apiVersion === "") return [field.required(path.child("apiVersion"))]
  if (fieldPath === "") return [field.required(at)]
  const conversion = (problem: string) => [field.invalid(at, fieldPath, `error converting fieldPath: ${problem}`)]
  if (apiVersion !== "v1") return conversion(`unsupported pod version: ${apiVersion}`)
  const [, name, subscript] = SUBSCRIPT.exec(fieldPath) ?? []
  if (name !== undefined && subscript !== undefined) {
    if (name === "metadata.annotations") return qualified(subscript.toLowerCase(), path)
    if (name === "metadata.labels") return qualified(subscript, path)
    return conversion(`field label does not support subscript: ${fieldPath}`)
  }
  // The old name of the node's.
  const known = fieldPath === "spec.host" ? "spec.nodeName" : fieldPath
  if (!KNOWN_FIELDS.has(known)) return conversion(`field label not supported: ${fieldPath}`)
  return supported.includes(known) ? NONE : [field.notSupported(at, known, supported)]
}

const RESOURCES = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
]
const HUGE_PAGES = /^(limits|requests)\.hugepages-/

/** In a volume the container has to be named; an environment variable means its own. */
export function validateResourceFieldRef(selector: ResourceFieldSelector, inVolume: boolean, path: FieldPath): Errors {
  const { resource, containerName = "" } = selector
  const divisor = validateDivisor(selector, path)
  if (inVolume && containerName === "") return [field.required(path.child("containerName")), ...divisor]
  if (resource === "") return [field.required(path.child("resource")), ...divisor]
  if (RESOURCES.includes(resource) || HUGE_PAGES.test(resource)) return divisor
  return [field.notSupported(path.child("resource"), resource, RESOURCES), ...divisor]
}

const CPU_DIVISORS = ["1m", "1"]
const BYTE_DIVISORS = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"]

function validateDivisor({ resource, divisor }: ResourceFieldSelector, path: FieldPath): Errors {
  if (compareQuantities(parseQuantity(divisor), ZERO) === 0) return NONE
  const name = resource.slice(resource.indexOf(".") + 1)
  const refuse = (supported: string, of: string) => [
    field.invalid(
      path.child("divisor"),
      resource,
      `only divisor's values ${supported} are supported with the ${of} resource`,
    ),
  ]
  const bytes = BYTE_DIVISORS.join(", ")
  if (name === "cpu") return CPU_DIVISORS.includes(divisor) ? NONE : refuse("1m and 1", "cpu")
  if (BYTE_DIVISORS.includes(divisor)) return NONE
  if (name === "memory") return refuse(bytes, "memory")
  if (name === "ephemeral-storage") return refuse(bytes, "local ephemeral storage")
  return HUGE_PAGES.test(resource) ? refuse(bytes, "hugepages") : NONE
}
