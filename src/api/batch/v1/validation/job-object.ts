import type { ObjectMeta } from "../../../../machinery/meta/object-meta.ts"
import type { JobSpec } from "../job-spec.ts"
import type { JobStatus } from "../job-status.ts"

/** What the rules look at. The kind itself is made with them, so they cannot refer to it. */
export interface JobObject {
  readonly metadata: ObjectMeta
  readonly spec: JobSpec
  readonly status: JobStatus
}

export function isTrue({ conditions = [] }: JobStatus, type: string): boolean {
  return conditions.some((condition) => condition.type === type && condition.status === "True")
}
