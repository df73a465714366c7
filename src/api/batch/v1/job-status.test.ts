import assert from "node:assert/strict"
import { test } from "node:test"
import { statusErrors } from "../../testing.ts"
import { Job } from "./job.ts"

/** Messages and paths are those of Kubernetes 1.36, pkg/apis/batch/validation. */

const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "work" }] } }
const stored = (spec: object = {}, status: object = {}) => ({ spec: { template, ...spec }, status })
const indexed = { completionMode: "Indexed", completions: 3 }
const [t1, t2] = ["2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z"]
const condition = (type: string) => ({ type, status: "True" })
const complete = {
  conditions: [condition("SuccessCriteriaMet"), condition("Complete")],
  startTime: t1,
  completionTime: t2,
  succeeded: 1,
}
const statuses: readonly { name: string; spec?: object; before: object; after: object; errors: readonly string[] }[] = [
  { name: "completion", before: { startTime: t1 }, after: complete, errors: [] },
  {
    name: "completion before the end",
    before: { startTime: t2 },
    after: {
      conditions: [condition("Complete")],
      startTime: t2,
      completionTime: t1,
      active: 1,
      ready: 2,
      terminating: 1,
      uncountedTerminatedPods: { succeeded: ["u"], failed: ["u", ""] },
    },
    errors: [
      'status.uncountedTerminatedPods.failed[0]: Duplicate value: "u"',
      'status.uncountedTerminatedPods.failed[1]: Invalid value: "": must not be empty',
      'status.completionTime: Invalid value: "2026-01-01T00:00:01Z": must be equal to or after `startTime`',
      "status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
      "status.active: Invalid value: 1: active>0 is invalid for finished job",
      'status.uncountedTerminatedPods: Invalid value: {"succeeded":["u"],"failed":["u",""]}: must be empty for finished job',
      "status.terminating: Invalid value: 1: terminating>0 is invalid for finished job",
      "status.ready: Invalid value: 2: cannot set more ready pods than active",
    ],
  },
  {
    name: "taking an end back",
    before: complete,
    after: { ...complete, conditions: [], completionTime: undefined, succeeded: 0 },
    errors: [
      "status.conditions: Invalid value: cannot disable the terminal Complete=True condition",
      "status.succeeded: Invalid value: 0: cannot decrease the succeeded counter",
      "status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition",
    ],
  },
  {
    name: "indexes",
    spec: { ...indexed, completions: 9, backoffLimitPerIndex: 1 },
    before: {},
    after: { completedIndexes: "0-3,5", failedIndexes: "4-6,9" },
    errors: [
      'status.failedIndexes: Invalid value: "4-6,9": error parsing failedIndexes: too large index: "9"',
      'status.failedIndexes: Invalid value: "4-6,9": failedIndexes and completedIndexes overlap at index: 5',
    ],
  },
  {
    name: "indexes of a job without",
    before: {},
    after: { completedIndexes: "0", failedIndexes: "" },
    errors: [
      'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode',
      'status.failedIndexes: Invalid value: "": cannot set non-null failedIndexes when backoffLimitPerIndex is null',
    ],
  },
  {
    name: "a new start",
    before: { startTime: t1 },
    after: { startTime: t2 },
    errors: [
      'status.startTime: Invalid value: "2026-01-01T00:00:02Z": field is immutable for unsuspended job once set',
    ],
  },
]
for (const { name, spec, before, after, errors } of statuses) {
  test(`a status: ${name}`, () => {
    assert.deepEqual(statusErrors(Job, stored(spec, before), stored(spec, after)), errors)
  })
}
