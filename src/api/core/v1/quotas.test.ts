import assert from "node:assert/strict"
import { test } from "node:test"
import type { AnyResource } from "../../../machinery/schema/resource.ts"
import { PodDisruptionBudget } from "../../policy/v1/pod-disruption-budget.ts"
import { createErrors, defaulted, statusErrors, updateErrors } from "../../testing.ts"
import { LimitRange } from "./limit-range.ts"
import { ResourceQuota } from "./resource-quota.ts"

/** Quotas, limit ranges and disruption budgets. Messages and paths are those of Kubernetes 1.36. */

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
const limits = (...list: readonly object[]) => ({ limits: list })

const creations: readonly { name: string; resource: AnyResource; spec: object; errors: readonly string[] }[] = [
  {
    name: "limits that make sense",
    resource: LimitRange,
    spec: limits(
      { type: "Container", max: { cpu: "2" }, min: { cpu: "1" }, maxLimitRequestRatio: { cpu: "2" } },
      { type: "PersistentVolumeClaim", min: { storage: "1Gi" } },
    ),
    errors: [],
  },
  {
    name: "limits of a pod and of what does not exist",
    resource: LimitRange,
    spec: limits(
      { type: "Pod", default: { cpu: "1" }, defaultRequest: { cpu: "1" } },
      { type: "Pod" },
      { type: "Disk" },
      { type: "PersistentVolumeClaim" },
    ),
    errors: [
      "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
      "spec.limits[0].defaultRequest: Forbidden: may not be specified when `type` is 'Pod'",
      'spec.limits[1].type: Duplicate value: "Pod"',
      'spec.limits[2].type: Invalid value: "Disk": must be a standard limit type or fully qualified',
      "spec.limits[3].limits: Required value: either minimum or maximum storage value is required, but neither was provided",
    ],
  },
  {
    name: "amounts in the wrong order",
    resource: LimitRange,
    spec: limits({
      type: "Container",
      max: { cpu: "1", storage: "1" },
      min: { cpu: "2" },
      default: { cpu: "3" },
      defaultRequest: { cpu: "4" },
      maxLimitRequestRatio: { cpu: "0.5", memory: "1" },
    }),
    errors: [
      'spec.limits[0].max[storage]: Invalid value: "storage": must be a standard resource for containers',
      'spec.limits[0].default[storage]: Invalid value: "storage": must be a standard resource for containers',
      'spec.limits[0].defaultRequest[storage]: Invalid value: "storage": must be a standard resource for containers',
      'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
      'spec.limits[0].defaultRequest[cpu]: Invalid value: "4": default request value 4 is greater than max value 1',
      'spec.limits[0].defaultRequest[cpu]: Invalid value: "4": default request value 4 is greater than default limit value 3',
      'spec.limits[0].default[cpu]: Invalid value: "1": default value 3 is greater than max value 1',
      'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1',
    ],
  },
  {
    name: "a ratio that nothing between the bounds has, and pages that are not shared",
    resource: LimitRange,
    spec: limits({
      type: "Container",
      max: { cpu: "2" },
      min: { cpu: "1" },
      maxLimitRequestRatio: { cpu: "3" },
      default: { "hugepages-2Mi": "4Mi" },
      defaultRequest: { "hugepages-2Mi": "2Mi" },
    }),
    errors: [
      'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000',
      'spec.limits[0].defaultRequest[hugepages-2Mi]: Invalid value: "2Mi": default value 4Mi must equal to defaultRequest value 2Mi in hugepages-2Mi',
    ],
  },
  {
    name: "a good quota",
    resource: ResourceQuota,
    spec: { hard: { pods: "4", "requests.cpu": "1", "count/jobs.batch": "3", "requests.hugepages-2Mi": "2Mi" } },
    errors: [],
  },
  {
    name: "what a quota counts",
    resource: ResourceQuota,
    spec: { hard: { nodes: "1", storage: "1", pods: "1.5", secrets: "-1" } },
    errors: [
      'spec.hard[nodes]: Invalid value: "nodes": must be a standard resource type or fully qualified',
      'spec.hard[nodes]: Invalid value: "nodes": must be a standard resource for quota',
      'spec.hard[pods]: Invalid value: "1500m": must be an integer',
      'spec.hard[secrets]: Invalid value: "-1": must be greater than or equal to 0',
      'spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota',
    ],
  },
  {
    name: "scopes",
    resource: ResourceQuota,
    spec: { hard: { services: "1" }, scopes: ["BestEffort", "NotBestEffort", "Large"] },
    errors: [
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Large"]: unsupported scope applied to resource',
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Large"]: unsupported scope applied to resource',
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Large"]: unsupported scope',
      'spec.scopes: Invalid value: ["BestEffort","NotBestEffort","Large"]: conflicting scopes',
    ],
  },
  {
    name: "scopes with values",
    resource: ResourceQuota,
    spec: {
      scopeSelector: {
        matchExpressions: [
          { scopeName: "PriorityClass", operator: "In" },
          { scopeName: "PriorityClass", operator: "Exists", values: ["high"] },
          { scopeName: "Terminating", operator: "Like" },
        ],
      },
    },
    errors: [
      "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
      "spec.scopeSelector.matchExpressions.values: Invalid value: [\"high\"]: must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
      "spec.scopeSelector.matchExpressions.operator: Invalid value: \"Like\": must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
      'spec.scopeSelector.matchExpressions.operator: Invalid value: "Like": not a valid selector operator',
    ],
  },
  {
    name: "a disruption budget",
    resource: PodDisruptionBudget,
    spec: { minAvailable: "101%", maxUnavailable: -1, unhealthyPodEvictionPolicy: "Never" },
    errors: [
      'spec: Invalid value: {"minAvailable":"101%","maxUnavailable":-1,"unhealthyPodEvictionPolicy":"Never"}: minAvailable and maxUnavailable cannot be both set',
      'spec.minAvailable: Invalid value: "101%": must not be greater than 100%',
      "spec.maxUnavailable: Invalid value: -1: must be greater than or equal to 0",
      'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
    ],
  },
]
for (const { name, resource, spec, errors } of creations) {
  test(`validation of ${name}`, () => assert.deepEqual(createErrors(resource, { spec }), errors))
}

test("what a quota counts stays", () => {
  const [before, after] = [{ spec: { scopes: ["Terminating"] } }, { spec: { scopes: ["NotTerminating"] } }]
  assert.deepEqual(updateErrors(ResourceQuota, before, before), [])
  assert.deepEqual(updateErrors(ResourceQuota, before, after), [
    'spec.scopes: Invalid value: ["NotTerminating"]: field is immutable',
  ])
})

test("statuses", () => {
  assert.deepEqual(statusErrors(ResourceQuota, {}, { status: { used: { pods: "0.5" } } }), [
    'status.used[pods]: Invalid value: "500m": must be an integer',
  ])
  const condition = { type: "DisruptionAllowed", status: "Maybe", reason: "not one word" }
  assert.deepEqual(statusErrors(PodDisruptionBudget, {}, { status: { expectedPods: -1, conditions: [condition] } }), [
    'status.conditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
    "status.conditions[0].lastTransitionTime: Required value",
    "status.conditions[0].reason: Invalid value: \"not one word\": a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')",
    "status.expectedPods: Invalid value: -1: must be greater than or equal to 0",
  ])
})

test("limits follow from the bounds of containers, and requests from limits", () => {
  const { spec } = defaulted(LimitRange, {
    spec: limits({ type: "Container", max: { cpu: "2" }, default: { memory: "1Gi" }, min: { cpu: "1", pods: "3" } }),
  })
  assert.deepEqual(plain(spec.limits[0]?.default), { cpu: "2", memory: "1Gi" })
  assert.deepEqual(plain(spec.limits[0]?.defaultRequest), { cpu: "2", memory: "1Gi", pods: "3" })
  const other = defaulted(LimitRange, { spec: limits({ type: "Pod", max: { cpu: "2" } }) })
  assert.deepEqual(plain(other.spec.limits), [{ type: "Pod", max: { cpu: "2" } }])
})

test("a quota whose requests can never be used up", () => {
  const quota = defaulted(ResourceQuota, { spec: { hard: { cpu: "3", "limits.cpu": "2" } } }) as never
  assert.deepEqual(ResourceQuota.strategy.warnings?.(quota, undefined), [
    "ResourceQuota cpu (3) should be less than limits.cpu (2)",
  ])
})
