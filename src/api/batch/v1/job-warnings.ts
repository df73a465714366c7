import type { FieldPath } from "../../../machinery/field/path.ts"
import type { ObjectMeta } from "../../../machinery/meta/object-meta.ts"
import { nameWarning, warnAboutTemplate } from "../../core/v1/pod-warnings.ts"
import type { JobSpec } from "./job-spec.ts"

/** What is accepted in a job or its template but is hardly meant, in Kubernetes' words. */

const COMPLETIONS_SOFT_MAX = 100_000
const PARALLELISM_SOFT_MAX = 10_000
const TOO_MANY =
  "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail"

interface Named {
  readonly metadata: ObjectMeta
}

export function jobWarnings(object: Named, old: Named | undefined, spec: JobSpec, path: FieldPath): readonly string[] {
  if (old !== undefined && old.metadata.generation === object.metadata.generation) return []
  const { completionMode, completions = 0, parallelism = 0 } = spec
  const isHuge = completions > COMPLETIONS_SOFT_MAX && parallelism > PARALLELISM_SOFT_MAX
  return [
    ...(old === undefined ? nameWarning(object.metadata, "Pod names and hostnames") : []),
    ...(completionMode === "Indexed" && isHuge ? [`${path}: ${TOO_MANY}`] : []),
    ...warnAboutTemplate(spec.template, path.child("template")),
  ]
}
