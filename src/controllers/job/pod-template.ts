import type { Job } from "../../api/batch/v1/job.ts"
import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { PodTemplateSpec } from "../../api/core/v1/pod-template-spec.ts"
import { INDEX_ANNOTATION } from "./indexes.ts"
import { hasLimitPerIndex, TRACKING_FINALIZER } from "./job-state.ts"
import { judgeFailure } from "./policies.ts"

const FAILURES_ANNOTATION = "batch.kubernetes.io/job-index-failure-count"
const IGNORED_FAILURES_ANNOTATION = "batch.kubernetes.io/job-index-ignored-failure-count"
const INDEX_VARIABLE = "JOB_COMPLETION_INDEX"
/** What remains of a name of 63 characters for the five that the server adds. */
const GENERATED_PREFIX_MAX = 58
const INT32_MAX = 2 ** 31 - 1

/** How often the index of a pod had failed before that pod. */
export function indexFailures({ metadata }: Pod): { readonly counted: number; readonly ignored: number } {
  const read = (annotation: string): number => {
    const text = metadata.annotations?.[annotation] ?? ""
    return /^\+?\d+$/.test(text) && Number(text) <= INT32_MAX ? Number(text) : 0
  }
  return { counted: read(FAILURES_ANNOTATION), ignored: read(IGNORED_FAILURES_ANNOTATION) }
}

/** Names of pods start with that of the job and, for indexed jobs, the index. */
export function namePrefix({ metadata }: Job, index: number | undefined): string {
  if (index === undefined) return `${metadata.name}-`
  const end = `-${index}-`
  const whole = `${metadata.name}${end}`
  return whole.length <= GENERATED_PREFIX_MAX ? whole : `${whole.slice(0, GENERATED_PREFIX_MAX - end.length)}${end}`
}

/** A new pod of a job. `index`: for indexed jobs. `replaced`: the failed pod of the same index, if that counts. */
export function podTemplate(job: Job, index?: number, replaced?: Pod): PodTemplateSpec {
  const { metadata, spec } = job.spec.template
  const finalizers = [...new Set([...(metadata.finalizers ?? []), TRACKING_FINALIZER])]
  if (index === undefined) return { metadata: { ...metadata, finalizers }, spec }
  const text = `${index}`
  return {
    metadata: {
      ...metadata,
      finalizers,
      labels: { ...metadata.labels, [INDEX_ANNOTATION]: text },
      annotations: { ...metadata.annotations, [INDEX_ANNOTATION]: text, ...failureAnnotations(job, replaced) },
    },
    spec: {
      ...spec,
      hostname: `${job.metadata.name}-${text}`,
      containers: spec.containers.map(withIndexVariable),
      ...(spec.initContainers !== undefined && { initContainers: spec.initContainers.map(withIndexVariable) }),
    },
  }
}

function failureAnnotations(job: Job, replaced: Pod | undefined): Record<string, string> {
  if (!hasLimitPerIndex(job)) return {}
  if (replaced === undefined) return { [FAILURES_ANNOTATION]: "0" }
  const before = indexFailures(replaced)
  const { counts } = judgeFailure(job.spec.podFailurePolicy, replaced)
  const ignored = before.ignored + (counts ? 0 : 1)
  return {
    [FAILURES_ANNOTATION]: `${before.counted + (counts ? 1 : 0)}`,
    ...(ignored > 0 && { [IGNORED_FAILURES_ANNOTATION]: `${ignored}` }),
  }
}

function withIndexVariable(container: Container): Container {
  const env = container.env ?? []
  if (env.some(({ name }) => name === INDEX_VARIABLE)) return container
  const fieldPath = `metadata.labels['${INDEX_ANNOTATION}']`
  return {
    ...container,
    env: [...env, { name: INDEX_VARIABLE, valueFrom: { fieldRef: { apiVersion: "v1", fieldPath } } }],
  }
}
