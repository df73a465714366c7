import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { deepEqual } from "../../../../machinery/patch/structure.ts"
import type { Affinity } from "../../../core/v1/affinity.ts"
import type { Container } from "../../../core/v1/container.ts"
import type { PodSpec } from "../../../core/v1/pod-spec.ts"
import { type Errors, NONE } from "../../../core/v1/validation/rules.ts"
import type { JobSpec } from "../job-spec.ts"
import { isTrue, type JobObject } from "./job-object.ts"

const TEMPLATE = FieldPath.root("spec", "template")

/**
 * The template of a job is fixed once pods may have been made from it. While the job is on hold and has no pods, queueing
 * controllers may still choose where pods run and how much they get.
 */
export function validateTemplateChange({ template }: JobSpec, old: JobObject): Errors {
  const { template: before } = old.spec
  if (!isOnHold(old)) {
    return deepEqual(template, before) ? NONE : [field.invalid(TEMPLATE, template, "field is immutable")]
  }
  const { nodeSelector, tolerations, schedulingGates, affinity, containers, initContainers } = template.spec
  const expected: PodSpec = {
    ...before.spec,
    ...({ nodeSelector, tolerations, schedulingGates } as Partial<PodSpec>),
    ...({ affinity: withNodesOf(affinity, before.spec.affinity) } as Partial<PodSpec>),
    containers: withResourcesOf(containers, before.spec.containers),
    ...(before.spec.initContainers && {
      initContainers: withResourcesOf(initContainers ?? [], before.spec.initContainers),
    }),
  }
  if (deepEqual(template.spec, expected)) return NONE
  return [field.invalid(FieldPath.root("spec", "template.spec"), template.spec, "field is immutable")]
}

function isOnHold({ spec, status }: JobObject): boolean {
  const rests = status.startTime === undefined || isTrue(status, "Suspended")
  return spec.suspend === true && rests && (status.active ?? 0) === 0
}

/** The old affinity, with what the new one says about nodes. */
function withNodesOf(next: Affinity | undefined, old: Affinity | undefined): Affinity | undefined {
  const { nodeAffinity: _nodeAffinity, ...rest } = old ?? {}
  if (next?.nodeAffinity !== undefined) return { ...rest, nodeAffinity: next.nodeAffinity }
  return next === undefined && Object.keys(rest).length === 0 ? undefined : rest
}

function withResourcesOf(next: readonly Container[], old: readonly Container[]): readonly Container[] {
  if (next.length !== old.length) return old
  return old.map((container, index) => {
    const changed = next[index]
    return changed?.name === container.name ? { ...container, resources: changed.resources } : container
  })
}
