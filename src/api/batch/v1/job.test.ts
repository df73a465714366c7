import assert from "node:assert/strict"
import { test } from "node:test"
import { createErrors, defaulted, testContext, updateErrors } from "../../testing.ts"
import { Job } from "./job.ts"

/** Messages and paths are those of Kubernetes 1.36, pkg/apis/batch/validation and pkg/registry/batch. */

const UID = "0f4d"
const pod = { restartPolicy: "Never", containers: [{ name: "c", image: "work" }] }
const generated = {
  "job-name": "a",
  "batch.kubernetes.io/job-name": "a",
  "controller-uid": UID,
  "batch.kubernetes.io/controller-uid": UID,
}
const metadata = { name: "a", uid: UID }

/** A new job with these members of its spec. */
const job = (spec: object = {}) => ({ metadata, spec: { template: { spec: pod }, ...spec } })
/** A job as it is stored. */
const stored = (spec: object = {}, status: object = {}) => ({
  metadata,
  spec: {
    selector: { matchLabels: { "batch.kubernetes.io/controller-uid": UID } },
    template: { metadata: { labels: generated }, spec: pod },
    ...spec,
  },
  status,
})
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test("a job finds its pods by labels of its own, which it shows too", () => {
  const draft = defaulted(Job, { metadata, spec: { template: { metadata: { labels: { app: "x" } }, spec: pod } } })
  Job.strategy.prepareCreate?.(draft as never, testContext)
  const labels = { app: "x", ...generated }
  assert.deepEqual(plain(draft.spec.template.metadata.labels), labels)
  assert.deepEqual(plain(draft.metadata.labels), labels)
  assert.deepEqual(plain(draft.spec.selector), { matchLabels: { "batch.kubernetes.io/controller-uid": UID } })
})

test("a selector of the user's own stays, and so do labels", () => {
  const selector = { matchLabels: { app: "x" } }
  const template = { metadata: { labels: { app: "x" } }, spec: pod }
  const draft = defaulted(Job, {
    metadata: { ...metadata, labels: { team: "t" } },
    spec: { manualSelector: true, selector, template },
  })
  Job.strategy.prepareCreate?.(draft as never, testContext)
  assert.deepEqual(plain(draft.spec.selector), selector)
  assert.deepEqual(plain(draft.spec.template.metadata.labels), { app: "x" })
  assert.deepEqual(plain(draft.metadata.labels), { team: "t" })
})

interface Case {
  readonly name: string
  readonly spec: object
  readonly errors: readonly string[]
}
const rule = { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] }
const indexed = { completionMode: "Indexed", completions: 3 }
const creations: readonly Case[] = [
  { name: "a good job", spec: {}, errors: [] },
  {
    name: "labels that another job would have",
    spec: { template: { metadata: { labels: { "job-name": "b" } }, spec: pod } },
    errors: [
      `spec.template.metadata.labels[job-name]: Invalid value: {"job-name":"b","batch.kubernetes.io/job-name":"a","controller-uid":"0f4d","batch.kubernetes.io/controller-uid":"0f4d"}: must be 'a'`,
    ],
  },
  {
    name: "a manual selector that is missing",
    spec: { manualSelector: true },
    errors: [
      "spec.selector: Required value",
      "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`",
    ],
  },
  {
    name: "a restart policy that is left out",
    spec: { template: { spec: { containers: pod.containers } } },
    errors: ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
  },
  {
    name: "counts",
    spec: { parallelism: -1, completions: -2, backoffLimit: -3, ttlSecondsAfterFinished: -4, maxFailedIndexes: 1 },
    errors: [
      "spec.parallelism: Invalid value: -1: must be greater than or equal to 0",
      "spec.completions: Invalid value: -2: must be greater than or equal to 0",
      "spec.backoffLimit: Invalid value: -3: must be greater than or equal to 0",
      "spec.ttlSecondsAfterFinished: Invalid value: -4: must be greater than or equal to 0",
      "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
      "spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode",
    ],
  },
  {
    name: "an indexed job that is too large",
    spec: { ...indexed, completions: 100001, parallelism: 10001, backoffLimitPerIndex: 1 },
    errors: [
      "spec.maxFailedIndexes: Required value: must be specified when completions is above 100000",
      "spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index",
    ],
  },
  {
    name: "an indexed job without completions, and a mode that does not exist",
    spec: { completionMode: "Indexed", parallelism: 2 },
    errors: ["spec.completions: Required value: when completion mode is Indexed"],
  },
  {
    name: "a mode and a manager",
    spec: { completionMode: "Some", managedBy: "me" },
    errors: [
      'spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")',
      'spec.completionMode: Unsupported value: "Some": supported values: "NonIndexed", "Indexed"',
    ],
  },
  {
    name: "rules for failures",
    spec: {
      podReplacementPolicy: "TerminatingOrFailed",
      podFailurePolicy: {
        rules: [
          rule,
          { action: "", onExitCodes: { operator: "In", values: [3, 0, 3], containerName: "x" } },
          { action: "FailIndex", onExitCodes: { operator: "Is", values: [] }, onPodConditions: rule.onPodConditions },
          { action: "Retry" },
        ],
      },
    },
    errors: [
      'spec.podFailurePolicy.rules[1].action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]',
      'spec.podFailurePolicy.rules[1].onExitCodes.containerName: Invalid value: "x": must be one of the container or initContainer names in the pod template',
      "spec.podFailurePolicy.rules[1].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator",
      "spec.podFailurePolicy.rules[1].onExitCodes.values[2]: Duplicate value: 3",
      "spec.podFailurePolicy.rules[1].onExitCodes.values: Invalid value: [3,0,3]: must be ordered",
      'spec.podFailurePolicy.rules[2].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set',
      'spec.podFailurePolicy.rules[2].onExitCodes.operator: Unsupported value: "Is": supported values: "In", "NotIn"',
      "spec.podFailurePolicy.rules[2].onExitCodes.values: Invalid value: []: at least one value is required",
      "spec.podFailurePolicy.rules[2]: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported",
      'spec.podFailurePolicy.rules[3].action: Unsupported value: "Retry": supported values: "Count", "FailIndex", "FailJob", "Ignore"',
      "spec.podFailurePolicy.rules[3]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required",
      'spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"',
    ],
  },
  {
    name: "rules for success",
    spec: {
      ...indexed,
      successPolicy: {
        rules: [
          {},
          { succeededIndexes: "0,2-1" },
          { succeededIndexes: "0-1", succeededCount: 3 },
          { succeededCount: 4 },
        ],
      },
    },
    errors: [
      "spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified",
      'spec.successPolicy.rules[1].succeededIndexes: Invalid value: "0,2-1": error parsing succeededIndexes: non-increasing order, previous: 2, current: 1',
      "spec.successPolicy.rules[2].succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)",
      "spec.successPolicy.rules[3].succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of specified completions)",
    ],
  },
]
for (const { name, spec, errors } of creations) {
  test(`validation of ${name}`, () => assert.deepEqual(createErrors(Job, job(spec)), errors))
}

const onHold = { suspend: true }
const template = (more: object) => ({ metadata: { labels: generated }, spec: { ...pod, ...more } })
const changes: readonly { name: string; before: object; after: object; errors: readonly string[] }[] = [
  {
    name: "what a job was made for",
    before: stored({ completions: 2 }),
    after: stored({ completions: 3, managedBy: "example.com/queue" }),
    errors: [
      "spec.completions: Invalid value: 3: field is immutable",
      'spec.managedBy: Invalid value: "example.com/queue": field is immutable',
    ],
  },
  {
    name: "the completions of an indexed job with its parallelism",
    before: stored({ ...indexed, parallelism: 3 }),
    after: stored({ ...indexed, completions: 5, parallelism: 5 }),
    errors: [],
  },
  {
    name: "the completions of an indexed job alone",
    before: stored({ ...indexed, parallelism: 3 }),
    after: stored({ ...indexed, completions: 5, parallelism: 3 }),
    errors: ["spec.completions: Invalid value: 5: can only be modified in tandem with spec.parallelism"],
  },
  {
    name: "where pods run and what they get, while the job is on hold",
    before: stored(onHold),
    after: stored({
      ...onHold,
      template: template({
        nodeSelector: { zone: "a" },
        affinity: { nodeAffinity: {} },
        containers: [{ ...pod.containers[0], resources: { requests: { cpu: "1" } } }],
      }),
    }),
    errors: [],
  },
]
for (const { name, before, after, errors } of changes) {
  test(`a change of ${name}`, () => assert.deepEqual(updateErrors(Job, before, after), errors))
}

const fixed: readonly { name: string; before: object; after: object; path: string }[] = [
  {
    name: "the image of a job on hold",
    before: stored(onHold),
    after: stored({ ...onHold, template: template({ containers: [{ name: "c", image: "other" }] }) }),
    path: "spec.template.spec",
  },
  {
    name: "the nodes of a job that runs",
    before: stored(),
    after: stored({ template: template({ nodeSelector: { zone: "a" } }) }),
    path: "spec.template",
  },
  {
    name: "the nodes of a job on hold that still has pods",
    before: stored(onHold, { active: 1 }),
    after: stored({ ...onHold, template: template({ nodeSelector: { zone: "a" } }) }, { active: 1 }),
    path: "spec.template",
  },
]
for (const { name, before, after, path } of fixed) {
  test(`no change of ${name}`, () => {
    const [error = "", ...more] = updateErrors(Job, before, after)
    assert.equal(more.length, 0)
    assert.ok(error.startsWith(`${path}: Invalid value: {`) && error.endsWith("}: field is immutable"), error)
  })
}
