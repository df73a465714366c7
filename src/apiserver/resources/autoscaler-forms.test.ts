import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { HorizontalPodAutoscaler } from "../../api/autoscaling/v1/horizontal-pod-autoscaler.ts"
import { HorizontalPodAutoscaler as Autoscaler2 } from "../../api/autoscaling/v2/horizontal-pod-autoscaler.ts"
import { startTestBack, TEST_RESOURCES, type TestBack } from "./testing.ts"

let back: TestBack
before(async () => {
  back = await startTestBack({ resources: [...TEST_RESOURCES, Autoscaler2, HorizontalPodAutoscaler] })
})
after(() => back.close())

const namespace = "default"
const old = () => back.client.of(HorizontalPodAutoscaler)
const current = () => back.client.of(Autoscaler2)
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" }
const cpu = (averageUtilization: number) => ({
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization } },
})
const requests = {
  type: "Object",
  object: {
    describedObject: { kind: "Service", name: "web" },
    target: { type: "AverageValue", averageValue: "10" },
    metric: { name: "requests", selector: { matchLabels: { a: "<b>" } } },
  },
}
const METRICS = "autoscaling.alpha.kubernetes.io/metrics"
const CURRENT_METRICS = "autoscaling.alpha.kubernetes.io/current-metrics"
const CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions"
const BEHAVIOR = "autoscaling.alpha.kubernetes.io/behavior"

test("an autoscaler of version 1 watches cpu", async () => {
  await old().create({
    metadata: { name: "a", namespace },
    spec: { scaleTargetRef, maxReplicas: 3, targetCPUUtilizationPercentage: 50 },
  })
  const { spec, apiVersion } = await current().get({ namespace, name: "a" })
  assert.equal(apiVersion, "autoscaling/v2")
  assert.deepEqual(plain(spec), { scaleTargetRef, minReplicas: 1, maxReplicas: 3, metrics: [cpu(50)] })
  const patched = await old().patch({ namespace, name: "a" }, { spec: { maxReplicas: 4 } }, { type: "merge" })
  assert.deepEqual(plain(patched.spec), {
    scaleTargetRef,
    minReplicas: 1,
    maxReplicas: 4,
    targetCPUUtilizationPercentage: 50,
  })
  assert.equal(patched.metadata.annotations, undefined)
})

test("what version 1 has no fields for stands in its annotations", async () => {
  const metrics = [requests, cpu(60)]
  const behavior = { scaleDown: { stabilizationWindowSeconds: 60 } }
  const made = await current().create({
    metadata: { name: "b", namespace, annotations: { kept: "yes", [METRICS]: "[]" } },
    spec: { scaleTargetRef, maxReplicas: 3, metrics, behavior },
  })
  const time = "2026-01-01T00:00:00Z"
  const condition = { type: "AbleToScale", status: "True", lastTransitionTime: time, reason: "Ready", message: "ok" }
  const measured = { name: "cpu", current: { averageValue: "70m", averageUtilization: 70 } }
  await current().updateStatus({
    ...made,
    status: {
      currentReplicas: 1,
      desiredReplicas: 2,
      currentMetrics: [{ type: "Resource", resource: measured }],
      conditions: [condition],
    },
  })
  const seen = await old().get({ namespace, name: "b" })
  assert.equal(seen.spec.targetCPUUtilizationPercentage, 60)
  assert.equal(seen.status.currentCPUUtilizationPercentage, 70)
  assert.deepEqual(plain(seen.metadata.annotations), {
    kept: "yes",
    [METRICS]:
      '[{"type":"Object","object":{"target":{"kind":"Service","name":"web"},"metricName":"requests","targetValue":"0","selector":{"matchLabels":{"a":"\\u003cb\\u003e"}},"averageValue":"10"}}]',
    [CURRENT_METRICS]:
      '[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":70,"currentAverageValue":"70m"}}]',
    [CONDITIONS]: JSON.stringify([condition]),
    [BEHAVIOR]:
      '{"ScaleUp":{"StabilizationWindowSeconds":0,"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":4,"PeriodSeconds":15},{"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null},"ScaleDown":{"StabilizationWindowSeconds":60,"SelectPolicy":"Max","Policies":[{"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null}}',
  })
  const before = await current().get({ namespace, name: "b" })
  await old().update({ ...seen, spec: { ...seen.spec, maxReplicas: 5 } })
  const { spec, status, metadata } = await current().get({ namespace, name: "b" })
  assert.deepEqual(plain(spec), { ...(plain(before.spec) as object), maxReplicas: 5 })
  assert.deepEqual(plain(status), plain(before.status))
  assert.deepEqual(plain(metadata.annotations), { kept: "yes" })
})

test("annotations that cannot be read say nothing", async () => {
  await old().create({
    metadata: { name: "c", namespace, annotations: { [METRICS]: '[{"type":3}]', [BEHAVIOR]: "{", [CONDITIONS]: "1" } },
    spec: { scaleTargetRef, maxReplicas: 3 },
  })
  const { spec, metadata } = await current().get({ namespace, name: "c" })
  assert.deepEqual(plain(spec.metrics), [cpu(80)])
  assert.equal(metadata.annotations, undefined)
})
