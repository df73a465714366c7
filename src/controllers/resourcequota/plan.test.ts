import assert from "node:assert/strict"
import { test } from "node:test"
import type { QuotaEvaluator } from "../../api/core/v1/quota/evaluator.ts"
import { objectCounter } from "../../api/core/v1/quota/evaluator.ts"
import { podEvaluator } from "../../api/core/v1/quota/pods.ts"
import type { ResourceQuota } from "../../api/core/v1/resource-quota.ts"
import { Secret } from "../../api/core/v1/secret.ts"
import type { KubeObject } from "../../machinery/schema/resource.ts"
import { pod } from "../testing.ts"
import { isLess, statusOf } from "./plan.ts"

const quota = (hard: Record<string, string>, more: object = {}): ResourceQuota =>
  ({ metadata: { name: "q", namespace: "default" }, spec: { hard, ...more }, status: {} }) as unknown as ResourceQuota
const counted = (evaluator: QuotaEvaluator, objects: readonly unknown[]) => ({
  evaluator,
  objects: () => objects as readonly KubeObject[],
})
const sized = (name: string, request: string, phase: string) => {
  const containers = [{ name: "main", resources: { requests: { cpu: request } } }]
  return pod(name, { spec: { containers }, status: { phase } })
}

test("what has ended no longer counts, but its object does", () => {
  const kinds = [counted(podEvaluator, [sized("a", "300m", "Running"), sized("b", "1", "Succeeded")])]
  const status = statusOf(quota({ "requests.cpu": "2", pods: "9", "count/pods": "9" }), kinds, 0)
  assert.deepEqual({ ...status?.used }, { "requests.cpu": "300m", pods: "1", "count/pods": "2" })
})

test("a pod that outlived its grace period is not held against anybody", () => {
  const stuck = pod("stuck", {
    metadata: { deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 30 },
    status: { phase: "Running" },
  })
  const start = Date.parse("2026-01-01T00:00:00Z")
  const usedAt = (ms: number) =>
    statusOf(quota({ pods: "1" }), [counted(podEvaluator, [stuck])], start + ms)?.used["pods"]
  assert.deepEqual([usedAt(30_000), usedAt(30_001)], ["1", "0"])
})

test("what nobody counts keeps its number, what is no longer limited goes", () => {
  const before = quota({ "example.com/things": "4", secrets: "3" })
  const status = { hard: { old: "1" }, used: { "example.com/things": "2", old: "1" } }
  const after = statusOf({ ...before, status } as ResourceQuota, [counted(objectCounter(Secret), [{}, {}])], 0)
  assert.deepEqual({ ...after?.used }, { "example.com/things": "2", secrets: "2" })
})

test("a status that is right is left alone", () => {
  const right = { ...quota({ secrets: "3" }), status: { hard: { secrets: "3" }, used: { secrets: "1" } } }
  assert.equal(statusOf(right as ResourceQuota, [counted(objectCounter(Secret), [{}])], 0), undefined)
})

test("less of anything is less", () => {
  const cases: readonly [now: Record<string, string>, before: Record<string, string> | undefined, less: boolean][] = [
    [{ pods: "1" }, undefined, false],
    [{ pods: "1" }, { pods: "1" }, false],
    [{ pods: "2", cpu: "1" }, { pods: "1", cpu: "1500m" }, true],
    [{ memory: "1Gi" }, { memory: "1024Mi" }, false],
    [{ pods: "1" }, { pods: "1", gone: "3" }, false],
  ]
  for (const [now, before, less] of cases) assert.equal(isLess(now, before), less)
})
