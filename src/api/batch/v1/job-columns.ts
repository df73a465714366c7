import type { ObjectMeta } from "../../../machinery/meta/object-meta.ts"
import type { Column, StoredMeta } from "../../../machinery/schema/resource.ts"
import { humanDuration } from "../../../machinery/time/human.ts"
import { timeToMs } from "../../../machinery/time/timestamp.ts"
import { age, containerImages, containerNames, selectorCell } from "../../columns.ts"
import type { JobSpec } from "./job-spec.ts"
import type { JobStatus } from "./job-status.ts"

interface Shown {
  readonly metadata: StoredMeta
  readonly spec: JobSpec
  readonly status: JobStatus
}

/** What says most about a job comes first. */
const CONDITIONS_BEFORE_DELETION = ["Complete", "Failed"]
const CONDITIONS_AFTER_DELETION = ["Suspended", "FailureTarget", "SuccessCriteriaMet"]

export const jobColumns: readonly Column<Shown>[] = [
  {
    name: "Status",
    type: "string",
    doc: "How the job is doing.",
    value: ({ metadata, status }) => statusCell(metadata, status),
  },
  {
    name: "Completions",
    type: "string",
    doc: "How many pods have succeeded, of all that must.",
    value: ({ spec, status }) => completionsCell(spec, status),
  },
  {
    name: "Duration",
    type: "string",
    doc: "How long the job has run, or did until it was complete.",
    value: ({ status }, nowMs) => durationCell(status, nowMs),
  },
  age,
  containerNames,
  containerImages,
  {
    name: "Selector",
    type: "string",
    priority: 1,
    doc: "Which pods belong to it.",
    value: ({ spec }) => selectorCell(spec.selector, "<none>"),
  },
]

function statusCell({ deletionTimestamp }: ObjectMeta, { conditions = [] }: JobStatus): string {
  const found = (types: readonly string[]) =>
    types.find((type) => conditions.some((condition) => condition.type === type && condition.status === "True"))
  const ended = found(CONDITIONS_BEFORE_DELETION)
  if (ended !== undefined) return ended
  if (deletionTimestamp) return "Terminating"
  return found(CONDITIONS_AFTER_DELETION) ?? "Running"
}

function completionsCell({ completions, parallelism = 0 }: JobSpec, { succeeded = 0 }: JobStatus): string {
  if (completions !== undefined) return `${succeeded}/${completions}`
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function durationCell({ startTime, completionTime }: JobStatus, nowMs: number): string {
  if (!startTime) return ""
  return humanDuration((completionTime ? timeToMs(completionTime) : nowMs) - timeToMs(startTime))
}
