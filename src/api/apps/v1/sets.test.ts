import assert from "node:assert/strict"
import { test } from "node:test"
import type { AnyResource } from "../../../machinery/schema/resource.ts"
import { createErrors, defaulted, statusErrors, testContext, updateErrors } from "../../testing.ts"
import { DaemonSet } from "./daemon-set.ts"
import { StatefulSet } from "./stateful-set.ts"

/** Stateful sets and daemon sets. Messages and paths are those of Kubernetes 1.36, pkg/apis/apps/validation. */

const template = { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c", image: "web" }] } }
const selector = { matchLabels: { app: "a" } }
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
const set = (more: object = {}) => ({ spec: { selector, template, ...more } })
const claim = (name: string, storage = "1Gi") => ({
  metadata: { name },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } },
})
const mounting = (name: string) => ({
  ...template,
  spec: { containers: [{ ...template.spec.containers[0], volumeMounts: [{ name, mountPath: "/data" }] }] },
})
const rolling = (rollingUpdate: object) => ({ updateStrategy: { type: "RollingUpdate", rollingUpdate } })
const MISMATCH =
  'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`'

const creations: readonly { name: string; resource: AnyResource; spec: object; errors: readonly string[] }[] = [
  {
    name: "a pod that mounts its claim",
    resource: StatefulSet,
    spec: { template: mounting("data"), volumeClaimTemplates: [claim("data")] },
    errors: [],
  },
  {
    name: "a pod that mounts what nobody makes",
    resource: StatefulSet,
    spec: { template: mounting("data") },
    errors: ['spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"'],
  },
  {
    name: "a stateful set with everything wrong",
    resource: StatefulSet,
    spec: {
      replicas: -1,
      minReadySeconds: -1,
      podManagementPolicy: "Random",
      ordinals: { start: -1 },
      serviceName: "A",
      volumeClaimTemplates: [claim("data", "0")],
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Keep" },
      ...rolling({ partition: -1, maxUnavailable: "0%" }),
      template: { ...template, spec: { ...template.spec, restartPolicy: "Never", activeDeadlineSeconds: 1 } },
    },
    errors: [
      "spec.podManagementPolicy: Invalid value: \"Random\": must be 'OrderedReady' or 'Parallel'",
      "spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0",
      'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "0%": cannot be 0',
      'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Keep": supported values: "Retain", "Delete"',
      'spec.volumeClaimTemplates[0].spec.resources[storage]: Invalid value: "0": must be greater than zero',
      "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
      "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0",
      "spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0",
      "spec.serviceName: Invalid value: \"A\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
      "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported",
    ],
  },
  {
    name: "strategies that do not go together",
    resource: StatefulSet,
    spec: { updateStrategy: { type: "OnDelete", rollingUpdate: { partition: 1 } } },
    errors: [
      `spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for updateStrategy 'RollingUpdate'`,
    ],
  },
  {
    name: "a stateful set that selects everything",
    resource: StatefulSet,
    spec: { selector: {} },
    errors: ["spec.selector: Invalid value: {}: empty selector is invalid for statefulset"],
  },
  {
    name: "a stateful set without a selector",
    resource: StatefulSet,
    spec: { selector: undefined },
    errors: ["spec.selector: Required value", MISMATCH],
  },
  { name: "a good daemon set", resource: DaemonSet, spec: {}, errors: [] },
  {
    name: "a daemon set with everything wrong",
    resource: DaemonSet,
    spec: {
      minReadySeconds: -1,
      revisionHistoryLimit: -1,
      ...rolling({ maxUnavailable: "101%", maxSurge: 1 }),
      template: { ...template, spec: { ...template.spec, restartPolicy: "OnFailure" } },
    },
    errors: [
      'spec.template.spec.restartPolicy: Unsupported value: "OnFailure": supported values: "Always"',
      "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0",
      'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
      "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero",
      "spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
    ],
  },
  {
    name: "an update that replaces nothing",
    resource: DaemonSet,
    spec: rolling({ maxUnavailable: 0 }),
    errors: ["spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0"],
  },
  {
    name: "a daemon set that selects everything",
    resource: DaemonSet,
    spec: { selector: {} },
    errors: ["spec.selector: Invalid value: {}: empty selector is invalid for daemonset"],
  },
  { name: "a daemon set without a selector", resource: DaemonSet, spec: { selector: undefined }, errors: [MISMATCH] },
]
for (const { name, resource, spec, errors } of creations) {
  test(`validation of ${name}`, () => assert.deepEqual(createErrors(resource, set(spec)), errors))
}

const FIXED =
  "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
const changes: readonly { name: string; resource: AnyResource; before: object; after: object; errors: string[] }[] = [
  {
    name: "what can change in a stateful set",
    resource: StatefulSet,
    before: set(),
    after: set({
      replicas: 3,
      minReadySeconds: 1,
      ordinals: { start: 1 },
      revisionHistoryLimit: 1,
      template: mounting("x"),
    }),
    errors: ['spec.template.spec.containers[0].volumeMounts[0].name: Not found: "x"'],
  },
  {
    name: "the claims of a stateful set",
    resource: StatefulSet,
    before: set({ volumeClaimTemplates: [claim("a")] }),
    after: set({ volumeClaimTemplates: [claim("b")] }),
    errors: [FIXED],
  },
  {
    name: "a service name that has been wrong before",
    resource: StatefulSet,
    before: set({ serviceName: "A" }),
    after: set({ serviceName: "A", replicas: 2 }),
    errors: [],
  },
  {
    name: "the selector of a daemon set",
    resource: DaemonSet,
    before: set(),
    after: set({ selector: { matchExpressions: [{ key: "app", operator: "Exists" }] } }),
    errors: [
      'spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"Exists"}]}: field is immutable',
    ],
  },
]
for (const { name, resource, before, after, errors } of changes) {
  test(`a change of ${name}`, () => assert.deepEqual(updateErrors(resource, before, after), errors))
}

test("a stateful set's status counts no more of some pods than of all", () => {
  const status = { replicas: 1, readyReplicas: 1, currentReplicas: 2, updatedReplicas: 0, availableReplicas: 2 }
  assert.deepEqual(statusErrors(StatefulSet, set(), { ...set(), status }), [
    "status.currentReplicas: Invalid value: 2: cannot be greater than status.replicas",
    "status.availableReplicas: Invalid value: 2: cannot be greater than status.replicas",
    "status.availableReplicas: Invalid value: 2: cannot be greater than status.readyReplicas",
  ])
})

const GENERATION = "deprecated.daemonset.template.generation"

test("a daemon set counts the changes of its template, and nobody else does", () => {
  const created = defaulted(DaemonSet, { ...set(), metadata: { annotations: { [GENERATION]: "x" } } })
  DaemonSet.strategy.prepareCreate?.(created as never, testContext)
  assert.equal(created.metadata.annotations?.[GENERATION], "1")
  const same = defaulted(DaemonSet, { ...set(), metadata: { annotations: { [GENERATION]: "7" } } })
  DaemonSet.strategy.prepareUpdate?.(same as never, created as never, testContext)
  assert.equal(same.metadata.annotations?.[GENERATION], "1")
  const changed = defaulted(DaemonSet, set({ template: mounting("x") }))
  DaemonSet.strategy.prepareUpdate?.(changed as never, created as never, testContext)
  assert.equal(changed.metadata.annotations?.[GENERATION], "2")
})

test("what is hardly meant in a stateful set", () => {
  const object = defaulted(
    StatefulSet,
    set({ revisionHistoryLimit: -1, volumeClaimTemplates: [claim("data", "0.5")] }),
  ) as never
  const negative =
    "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended"
  const fraction = 'fractional byte value "500m" is invalid, must be an integer'
  assert.deepEqual(StatefulSet.strategy.warnings?.(object, undefined), [
    `spec.volumeClaimTemplates[0].resources.requests[storage]: ${fraction}`,
    negative,
  ])
  assert.deepEqual(StatefulSet.strategy.warnings?.(object, object), [
    `spec.volumeClaimTemplates[0].Spec.resources.requests[storage]: ${fraction}`,
    negative,
  ])
})

test("the defaults of a stateful set", () => {
  const { spec } = defaulted(StatefulSet, set({ volumeClaimTemplates: [claim("data")] }))
  const { template: _template, ...rest } = plain(spec) as { readonly template: unknown }
  assert.deepEqual(rest, {
    replicas: 1,
    selector,
    serviceName: "",
    podManagementPolicy: "OrderedReady",
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
    revisionHistoryLimit: 10,
    persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
    volumeClaimTemplates: [
      {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: "data" },
        spec: { ...claim("data").spec, volumeMode: "Filesystem" },
        status: { phase: "Pending" },
      },
    ],
  })
})

test("a rolling update that is asked for without settings gets none", () => {
  const { spec } = defaulted(StatefulSet, set({ updateStrategy: { type: "RollingUpdate" } }))
  assert.deepEqual(plain(spec.updateStrategy), { type: "RollingUpdate" })
})
