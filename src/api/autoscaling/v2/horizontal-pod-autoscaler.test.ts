import assert from "node:assert/strict"
import { test } from "node:test"
import { createErrors, statusErrors, updateErrors } from "../../testing.ts"
import { HorizontalPodAutoscaler } from "./horizontal-pod-autoscaler.ts"

/** Messages and paths are those of Kubernetes 1.36, pkg/apis/autoscaling/validation. */

const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" }
const spec = (more: object) => ({ spec: { scaleTargetRef, maxReplicas: 2, ...more } })
const metric = { name: "m" }
const SUPPORTED = 'supported values: "ContainerResource", "External", "Object", "Pods", "Resource"'

const creations: readonly { name: string; spec: object; errors: readonly string[] }[] = [
  { name: "a good autoscaler", spec: {}, errors: [] },
  {
    name: "bounds",
    spec: { minReplicas: 0, maxReplicas: 0 },
    errors: [
      "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
      "spec.maxReplicas: Required value: must be set and greater than 0",
      "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas",
    ],
  },
  {
    name: "bounds in the wrong order",
    spec: { minReplicas: 3 },
    errors: ["spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`"],
  },
  {
    name: "what is scaled",
    spec: { scaleTargetRef: { apiVersion: "v1", kind: "", name: "a/b" } },
    errors: [
      "spec.scaleTargetRef.kind: Required value",
      `spec.scaleTargetRef.name: Invalid value: "a/b": may not contain '/'`,
      'spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group',
    ],
  },
  {
    name: "a replication controller, which has no group",
    spec: { scaleTargetRef: { kind: "ReplicationController", name: "rc" } },
    errors: [],
  },
  {
    name: "measures",
    spec: {
      metrics: [
        { type: "" },
        { type: "Pods", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 0 } } },
        { type: "External", external: { metric, target: { type: "Value", value: "0", averageValue: "1" } } },
        { type: "ContainerResource", containerResource: { name: "gpu", container: "C", target: { type: "Much" } } },
        { type: "Pods", pods: { metric: { name: "" }, target: { type: "Value", value: "1" } } },
      ],
    },
    errors: [
      "spec.metrics[0].type: Required value: must specify a metric source type",
      `spec.metrics[0].type: Unsupported value: "": ${SUPPORTED}`,
      `spec.metrics[0].type: Unsupported value: "": ${SUPPORTED}`,
      "spec.metrics[1].resource.target.averageUtilization: Invalid value: 0: must be greater than 0",
      "spec.metrics[1].pods: Required value: must populate information for the given metric source",
      'spec.metrics[2].external.target.value: Invalid value: "0": must be positive',
      "spec.metrics[2].external.target.value: Forbidden: may not set both a target value for metric and a per-pod target",
      'spec.metrics[3].containerResource.name: Invalid value: "gpu": must be a standard resource type or fully qualified',
      'spec.metrics[3].containerResource.name: Invalid value: "gpu": must be a standard resource for containers',
      `spec.metrics[3].containerResource.container: Invalid value: "C": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
      'spec.metrics[3].containerResource.target.type: Invalid value: "Much": must be either Utilization, Value, or AverageValue',
      "spec.metrics[3].containerResource.target.averageUtilization: Required value: must set either a target raw value or a target utilization",
      "spec.metrics[4].pods.metric.name: Required value: must specify a metric name",
      "spec.metrics[4].pods.target.averageValue: Required value: must specify a positive target averageValue",
    ],
  },
  {
    name: "a measure with two sources",
    spec: {
      metrics: [
        {
          type: "Resource",
          pods: { metric, target: { type: "AverageValue", averageValue: "1" } },
          resource: { name: "", target: { type: "", averageValue: "1" } },
        },
      ],
    },
    errors: ["spec.metrics[0].pods: Forbidden: must populate the given metric source only"],
  },
  {
    name: "how fast pods come and go",
    spec: {
      behavior: {
        scaleUp: { stabilizationWindowSeconds: 3601, selectPolicy: "Avg", tolerance: "-0.1" },
        scaleDown: {
          stabilizationWindowSeconds: -1,
          policies: [
            { type: "Half", value: 0, periodSeconds: 0 },
            { type: "Pods", value: 1, periodSeconds: 1801 },
          ],
        },
      },
    },
    errors: [
      "spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600",
      'spec.behavior.scaleUp.selectPolicy: Unsupported value: "Avg": supported values: "Disabled", "Max", "Min"',
      'spec.behavior.scaleUp.tolerance: Invalid value: "-100m": must be greater than or equal to 0',
      "spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal to zero",
      'spec.behavior.scaleDown.policies[0].type: Unsupported value: "Half": supported values: "Percent", "Pods"',
      "spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero",
      "spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 0: must be greater than zero",
      "spec.behavior.scaleDown.policies[1].periodSeconds: Invalid value: 1801: must be less than or equal to 1800",
    ],
  },
]
for (const { name, spec: more, errors } of creations) {
  test(`validation of ${name}`, () => assert.deepEqual(createErrors(HorizontalPodAutoscaler, spec(more)), errors))
}

test("a reference without a group stays as it is", () => {
  const before = spec({ scaleTargetRef: { kind: "Deployment", name: "web" } })
  const after = spec({ scaleTargetRef: { kind: "Deployment", name: "other" } })
  assert.deepEqual(updateErrors(HorizontalPodAutoscaler, before, after), [])
  assert.deepEqual(updateErrors(HorizontalPodAutoscaler, spec({}), after), [
    'spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group',
  ])
})

test("a status counts no fewer than none", () => {
  const status = { currentReplicas: -1, desiredReplicas: -2, currentMetrics: [] }
  assert.deepEqual(statusErrors(HorizontalPodAutoscaler, spec({}), { ...spec({}), status }), [
    "status.currentReplicas: Invalid value: -1: must be greater than or equal to 0",
    "status.desiredReplicas: Invalid value: -2: must be greater than or equal to 0",
  ])
})
