import type { AnyResource } from "../../../../machinery/schema/resource.ts"
import { volumeClaimEvaluator } from "./claims.ts"
import { deviceClaimEvaluator } from "./device-claims.ts"
import { objectCounter, type QuotaEvaluator } from "./evaluator.ts"
import { podEvaluator } from "./pods.ts"
import { serviceEvaluator } from "./services.ts"

const SPECIAL = [podEvaluator, serviceEvaluator, volumeClaimEvaluator, deviceClaimEvaluator]

/** What never counts: answers that are not stored, and events, which nobody has ever had to pay for. */
const IGNORED = new Set([
  "/bindings",
  "/componentstatuses",
  "/events",
  "events.k8s.io/events",
  "authentication.k8s.io/tokenreviews",
  "authentication.k8s.io/selfsubjectreviews",
  "authorization.k8s.io/subjectaccessreviews",
  "authorization.k8s.io/selfsubjectaccessreviews",
  "authorization.k8s.io/localsubjectaccessreviews",
  "authorization.k8s.io/selfsubjectrulesreviews",
  "apiregistration.k8s.io/apiservices",
  "apiextensions.k8s.io/customresourcedefinitions",
])

const nameOf = ({ group, plural }: AnyResource): string => `${group}/${plural}`
const special = new Map(SPECIAL.map((each) => [nameOf(each.resource), each]))
const counters = new WeakMap<AnyResource, QuotaEvaluator>()

/** How the objects of a kind count. Undefined: they do not. */
export function quotaEvaluatorOf(resource: AnyResource): QuotaEvaluator | undefined {
  const name = nameOf(resource)
  if (IGNORED.has(name)) return undefined
  return special.get(name) ?? counters.getOrInsertComputed(resource, objectCounter)
}
