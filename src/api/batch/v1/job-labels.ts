import type { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { deepClone, deepEqual, emptyMap } from "../../../machinery/patch/structure.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"

/** The labels by which a job finds its pods: its uid, and for people its name. */
export const JOB_UID_LABEL = "batch.kubernetes.io/controller-uid"
export const JOB_NAME_LABEL = "batch.kubernetes.io/job-name"
/** Without a prefix: those of before Kubernetes 1.27. */
export const LEGACY_JOB_UID_LABEL = "controller-uid"
export const LEGACY_JOB_NAME_LABEL = "job-name"

interface JobDraft {
  readonly metadata: { name?: string; uid?: string; labels?: Record<string, string> }
  readonly spec: {
    manualSelector?: boolean
    selector?: Draft<LabelSelector>
    readonly template: { readonly metadata: { labels?: Record<string, string> } }
  }
}

/** A job without labels has those of its template. */
export function defaultJobLabels({ metadata, spec }: JobDraft): void {
  const { labels } = spec.template.metadata
  if (labels !== undefined && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = deepClone(labels)
}

/** Unless the selector is the user's own: labels that no other job's pods have, and a selector for them. */
export function generateJobSelector(job: JobDraft): void {
  const { metadata, spec } = job
  if (spec.manualSelector) return
  const { name = "", uid = "" } = metadata
  // Labels that come from the template follow it.
  if (deepEqual(metadata.labels, spec.template.metadata.labels)) delete metadata.labels
  const labels = (spec.template.metadata.labels ??= emptyMap<string>())
  // What is there already stays, and validation refuses it where it is wrong.
  labels[LEGACY_JOB_NAME_LABEL] ??= name
  labels[JOB_NAME_LABEL] ??= name
  labels[LEGACY_JOB_UID_LABEL] ??= uid
  labels[JOB_UID_LABEL] ??= uid
  const matchLabels = ((spec.selector ??= {}).matchLabels ??= emptyMap<string>())
  matchLabels[JOB_UID_LABEL] ??= uid
  defaultJobLabels(job)
}
