import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { compareQuantities, formatQuantity, parseQuantity } from "../../../../machinery/quantity/quantity.ts"
import { aggregate } from "../pod-defaults.ts"
import type { PodSpec } from "../pod-spec.ts"
import { validatePodLevelResources } from "./resources.ts"
import { type Errors, NONE } from "./rules.ts"

/** Resources of a pod as a whole, against those of its containers. */
export function validatePodResources(spec: PodSpec, path: FieldPath): Errors {
  const { resources } = spec
  if (resources === undefined) return NONE
  if (spec.os?.name === "windows") return [field.forbidden(path, "may not be set for a windows pod")]
  const claims = (spec.resourceClaims ?? []).map(({ name }) => name)
  return [
    ...(resources.claims === undefined
      ? NONE
      : [field.forbidden(path.child("claims"), "claims may not be set for Resources at pod-level")]),
    ...validatePodLevelResources(resources, claims, path),
    ...validateSums(spec, "requests", () => true, path),
    ...validateSums(spec, "limits", (name) => name.startsWith("hugepages-"), path),
    ...validateContainerLimits(spec, path),
  ]
}

function validateSums(
  spec: PodSpec,
  side: "requests" | "limits",
  counts: (name: string) => boolean,
  path: FieldPath,
): Errors {
  return [...aggregate(spec, side)].flatMap(([name, amount]) => {
    const ofPod = spec.resources?.[side]?.[name]
    if (ofPod === undefined || !counts(name) || compareQuantities(amount, parseQuantity(ofPod)) <= 0) return NONE
    const why = `must be greater than or equal to aggregate container ${side} of ${formatQuantity(amount)}`
    return [field.invalid(path.child(side).key(name), ofPod, why)]
  })
}

function validateContainerLimits({ containers, resources }: PodSpec, path: FieldPath): FieldError[] {
  return containers.flatMap((container, index) =>
    Object.entries(container.resources.limits ?? {}).flatMap(([name, limit]) => {
      const ofPod = resources?.limits?.[name]
      if (ofPod === undefined || compareQuantities(parseQuantity(limit), parseQuantity(ofPod)) <= 0) return []
      const at = path.child("containers").index(index).key(name).child("limits")
      return [field.invalid(at, limit, `must be less than or equal to pod limits of ${ofPod}`)]
    }),
  )
}
