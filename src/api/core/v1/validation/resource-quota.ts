import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { sortedKeys } from "../../../../machinery/json/key-order.ts"
import type { ResourceList } from "../resource-list.ts"
import type { ResourceQuotaSpec, ResourceQuotaStatus, ScopedResourceSelectorRequirement } from "../resource-quota.ts"
import { isQuotaResource, validateAmount, validateResourceName } from "./resources.ts"
import { type Errors, NONE } from "./rules.ts"

const SPEC = FieldPath.root("spec")
const STATUS = FieldPath.root("status")
const SCOPES = SPEC.child("scopes")
const EXPRESSIONS = SPEC.child("scopeSelector").child("matchExpressions")

const POD_COMPUTE = ["pods", "cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"]
/** What can be counted of the objects with a trait. */
const COUNTED_BY_SCOPE: ReadonlyMap<string, readonly string[]> = new Map([
  ["Terminating", POD_COMPUTE],
  ["NotTerminating", POD_COMPUTE],
  ["NotBestEffort", POD_COMPUTE],
  ["PriorityClass", POD_COMPUTE],
  ["CrossNamespacePodAffinity", POD_COMPUTE],
  ["BestEffort", ["pods"]],
  ["VolumeAttributesClass", ["persistentvolumeclaims", "requests.storage"]],
])
const WITHOUT_VALUES = new Set([
  "BestEffort",
  "NotBestEffort",
  "Terminating",
  "NotTerminating",
  "CrossNamespacePodAffinity",
])
const OPPOSITES = [
  ["BestEffort", "NotBestEffort"],
  ["NotTerminating", "Terminating"],
] as const

export function validateResourceQuota({ spec }: { readonly spec: ResourceQuotaSpec }): Errors {
  return [
    ...validateAmounts(spec.hard, SPEC.child("hard")),
    ...validateScopes(spec),
    ...(spec.scopeSelector === undefined ? NONE : validateSelector(spec)),
  ]
}

function validateAmounts(list: ResourceList | undefined, path: FieldPath): Errors {
  return Object.entries(list ?? {}).flatMap(([name, amount]) => {
    const at = path.key(name)
    const foreign = !name.includes("/") && !isQuotaResource(name)
    return [
      ...validateResourceName(name, at),
      ...(foreign ? [field.invalid(at, name, "must be a standard resource for quota")] : NONE),
      ...validateAmount(name, amount, at),
    ]
  })
}

/** How many of the resources cannot be counted by the trait. */
function mismatches({ hard = {} }: ResourceQuotaSpec, scope: string): readonly string[] {
  const counted = COUNTED_BY_SCOPE.get(scope)
  if (counted === undefined) return []
  return sortedKeys(hard).filter((name) => isQuotaResource(name) && !counted.includes(name))
}

function conflicts(scopes: ReadonlySet<string>): number {
  return OPPOSITES.filter(([one, other]) => scopes.has(one) && scopes.has(other)).length
}

function validateScopes(spec: ResourceQuotaSpec): Errors {
  const { scopes = [] } = spec
  const wrong = (detail: string) => field.invalid(SCOPES, scopes, detail)
  const errors: FieldError[] = []
  for (const scope of scopes) {
    if (!COUNTED_BY_SCOPE.has(scope)) errors.push(wrong("unsupported scope"))
    for (const _ of mismatches(spec, scope)) errors.push(wrong("unsupported scope applied to resource"))
  }
  for (let i = conflicts(new Set(scopes)); i > 0; i--) errors.push(wrong("conflicting scopes"))
  return errors
}

function validateSelector(spec: ResourceQuotaSpec): Errors {
  const { matchExpressions = [] } = spec.scopeSelector ?? {}
  const count = conflicts(new Set(matchExpressions.map(({ scopeName }) => scopeName)))
  return [
    ...matchExpressions.flatMap((requirement) => [
      ...validateScope(spec, requirement),
      ...validateOperator(requirement),
    ]),
    ...Array.from({ length: count }, () => field.invalid(EXPRESSIONS, spec.scopes, "conflicting scopes")),
  ]
}

function validateScope(spec: ResourceQuotaSpec, { scopeName }: ScopedResourceSelectorRequirement): Errors {
  const known = COUNTED_BY_SCOPE.has(scopeName)
  return [
    ...(known ? NONE : [field.invalid(EXPRESSIONS.child("scopeName"), scopeName, "unsupported scope")]),
    ...mismatches(spec, scopeName).map(() =>
      field.invalid(EXPRESSIONS, spec.scopeSelector, "unsupported scope applied to resource"),
    ),
  ]
}

function validateOperator({ scopeName, operator, values = [] }: ScopedResourceSelectorRequirement): Errors {
  const at = EXPRESSIONS.child("operator")
  const exists =
    "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
  const errors: FieldError[] = []
  if (WITHOUT_VALUES.has(scopeName) && operator !== "Exists") errors.push(field.invalid(at, operator, exists))
  const list = EXPRESSIONS.child("values")
  switch (operator) {
    case "In":
    case "NotIn":
      if (values.length > 0) return errors
      return [
        ...errors,
        field.required(list, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"),
      ]
    case "Exists":
    case "DoesNotExist":
      if (values.length === 0) return errors
      return [
        ...errors,
        field.invalid(list, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"),
      ]
    default:
      return [...errors, field.invalid(at, operator, "not a valid selector operator")]
  }
}

/** What counts cannot change, because what was counted before would have to be counted again. */
export function validateResourceQuotaUpdate(
  { spec: { scopes = [] } }: { readonly spec: ResourceQuotaSpec },
  { spec: { scopes: old = [] } }: { readonly spec: ResourceQuotaSpec },
): Errors {
  const same = new Set(scopes).symmetricDifference(new Set(old)).size === 0
  return same ? NONE : [field.invalid(SCOPES, scopes, "field is immutable")]
}

export function validateResourceQuotaStatus({ status }: { readonly status: ResourceQuotaStatus }): Errors {
  return [...validateAmounts(status.hard, STATUS.child("hard")), ...validateAmounts(status.used, STATUS.child("used"))]
}
