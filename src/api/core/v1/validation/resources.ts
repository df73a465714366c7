import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { qualifiedName } from "../../../../machinery/names/labels.ts"
import {
  compareQuantities,
  parseQuantity,
  QuantityError,
  quantityMilliValue,
  quantityValue,
  ZERO,
} from "../../../../machinery/quantity/quantity.ts"
import type { ResourceList } from "../resource-list.ts"
import type { ResourceClaim, ResourceRequirements } from "../resources.ts"
import { allOf, type Errors, label, NONE } from "./rules.ts"

const HUGE_PAGES = "hugepages-"
const isHugePages = (name: string) => name.startsWith(HUGE_PAGES)
/** Resources that Kubernetes itself knows, as opposed to those of devices. */
const isNative = (name: string) => !name.includes("/") || name.includes("kubernetes.io/")
/** Whether containers may ask for less than they are allowed to use. */
export const canOvercommit = (name: string) => isNative(name) && !isHugePages(name)

/** Names without a domain: those that nodes, quotas and claims count. */
const STANDARD = new Set([
  "cpu",
  "memory",
  "ephemeral-storage",
  "requests.cpu",
  "requests.memory",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "storage",
  "requests.storage",
  "services.nodeports",
  "services.loadbalancers",
])
const CONTAINER_STANDARD = new Set(["cpu", "memory", "ephemeral-storage"])
/** Whether quotas know the name, which has no domain. */
export function isQuotaResource(name: string): boolean {
  return (name !== "storage" && STANDARD.has(name)) || isHugePages(name) || name.startsWith(`requests.${HUGE_PAGES}`)
}

const WHOLE = new Set([
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
])

/** A resource that a device plug-in or driver counts, such as `example.com/gpu`. */
export function isExtended(name: string): boolean {
  return !isNative(name) && !name.startsWith("requests.") && qualifiedName(`requests.${name}`).length === 0
}

export function validateResourceName(name: string, path: FieldPath): Errors {
  const problems = allOf(qualifiedName(name), name, path)
  if (problems.length > 0 || name.includes("/")) return problems
  const known = STANDARD.has(name) || isHugePages(name) || name.startsWith(`requests.${HUGE_PAGES}`)
  return known ? NONE : [field.invalid(path, name, "must be a standard resource type or fully qualified")]
}

export function containerResourceName(name: string, path: FieldPath): Errors {
  const problems = validateResourceName(name, path)
  if (!name.includes("/")) {
    if (CONTAINER_STANDARD.has(name) || isHugePages(name)) return problems
    return [...problems, field.invalid(path, name, "must be a standard resource for containers")]
  }
  if (isNative(name) || isExtended(name)) return problems
  return [...problems, field.invalid(path, name, "doesn't follow extended resource name standard")]
}

function podResourceName(name: string, path: FieldPath): Errors {
  const problems = validateResourceName(name, path)
  if (problems.length > 0 || name === "cpu" || name === "memory" || isHugePages(name)) return problems
  return [field.notSupported(path, name, ["cpu", "hugepages-", "memory"])]
}

/** An amount of a resource, wherever it is counted. */
export function validateAmount(name: string, amount: string, path: FieldPath): Errors {
  const parsed = parseQuantity(amount)
  const fraction = (WHOLE.has(name) || isExtended(name)) && quantityMilliValue(parsed) % 1000 !== 0
  return [
    ...(compareQuantities(parsed, ZERO) < 0
      ? [field.invalid(path, amount, "must be greater than or equal to 0")]
      : NONE),
    ...(fraction ? [field.invalid(path, amount, "must be an integer")] : NONE),
  ]
}

function hugePages(name: string, amount: string, path: FieldPath): Errors {
  if (!isHugePages(name) || isWholePages(name, amount)) return NONE
  return [field.invalid(path, amount, `${amount} is not positive integer multiple of ${name}`)]
}

function isWholePages(name: string, amount: string): boolean {
  try {
    const size = quantityValue(parseQuantity(name.slice(HUGE_PAGES.length)))
    return size > 0 && quantityValue(parseQuantity(amount)) % size === 0
  } catch (error) {
    if (error instanceof QuantityError) return false
    throw error
  }
}

type NameRule = (name: string, path: FieldPath) => Errors

export const validateContainerResources = (
  resources: ResourceRequirements,
  claims: readonly string[],
  path: FieldPath,
): Errors => validateRequirements(resources, containerResourceName, claims, path)

export const validatePodLevelResources = (
  resources: ResourceRequirements,
  claims: readonly string[],
  path: FieldPath,
): Errors => validateRequirements(resources, podResourceName, claims, path)

export const validateOverhead = (overhead: ResourceList | undefined, path: FieldPath): Errors =>
  overhead === undefined ? NONE : validateContainerResources({ limits: overhead }, [], path)

function validateRequirements(
  { limits = {}, requests = {}, claims = [] }: ResourceRequirements,
  nameRule: NameRule,
  podClaims: readonly string[],
  path: FieldPath,
): Errors {
  const errors: FieldError[] = []
  for (const [name, amount] of Object.entries(limits)) {
    const at = path.child("limits").key(name)
    errors.push(...nameRule(name, at), ...validateAmount(name, amount, at), ...hugePages(name, amount, at))
  }
  for (const [name, amount] of Object.entries(requests)) {
    const at = path.child("requests").key(name)
    errors.push(...nameRule(name, at), ...validateAmount(name, amount, at))
    errors.push(...againstLimit(name, amount, limits[name], path))
    errors.push(...hugePages(name, amount, at))
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  if (names.some(isHugePages) && !names.includes("cpu") && !names.includes("memory")) {
    errors.push(field.forbidden(path, "HugePages require cpu or memory"))
  }
  return [...errors, ...validateClaimNames(claims, podClaims, path.child("claims"))]
}

function againstLimit(name: string, amount: string, limit: string | undefined, path: FieldPath): Errors {
  const overcommit = canOvercommit(name)
  if (limit === undefined) {
    if (overcommit) return NONE
    return [field.required(path.child("limits"), "Limit must be set for non overcommitable resources")]
  }
  const at = path.child("requests")
  const compared = compareQuantities(parseQuantity(amount), parseQuantity(limit))
  if (compared !== 0 && !overcommit) return [field.invalid(at, amount, `must be equal to ${name} limit of ${limit}`)]
  return compared > 0 ? [field.invalid(at, amount, `must be less than or equal to ${name} limit of ${limit}`)] : NONE
}

function validateClaimNames(claims: readonly ResourceClaim[], podClaims: readonly string[], path: FieldPath): Errors {
  const seen = new Set<string>()
  return claims.flatMap(({ name, request = "" }, index) => {
    const at = path.index(index)
    if (name === "") return [field.required(at)]
    const errors: FieldError[] = []
    const key = request === "" ? name : `${name}/${request}`
    if (seen.has(name)) errors.push(field.duplicate(at, name))
    else {
      if (request !== "") errors.push(...label(request, at.child("request")))
      if (seen.has(key)) errors.push(field.duplicate(at, key))
      else if (request === "" && [...seen].some((other) => other.startsWith(`${name}/`))) {
        errors.push(field.duplicate(at, name))
      }
      seen.add(key)
    }
    if (!podClaims.includes(name)) {
      const known = podClaims.length === 0 ? " which is empty" : `: ${podClaims.toSorted().join(", ")}`
      const missing = field.notFound(at, name)
      errors.push({ ...missing, body: `${missing.body}: must be one of the names in pod.spec.resourceClaims${known}` })
    }
    return errors
  })
}
