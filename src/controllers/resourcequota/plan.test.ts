import assert from "node:assert/strict"
import { test } from "node:test"
import { deviceClaimEvaluator } from "../../api/core/v1/quota/device-claims.ts"
import type { QuotaEvaluator } from "../../api/core/v1/quota/evaluator.ts"
import { objectCounter } from "../../api/core/v1/quota/evaluator.ts"
import { podEvaluator } from "../../api/core/v1/quota/pods.ts"
import type { ResourceQuota } from "../../api/core/v1/resource-quota.ts"
import { Secret } from "../../api/core/v1/secret.ts"
import type { DeviceClass } from "../../api/resource/v1/device-class.ts"
import type { ResourceClaim } from "../../api/resource/v1/resource-claim.ts"
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
  const status = statusOf(quota({ "requests.cpu": "2", pods: "9", "count/pods": "9" }), kinds, { nowMs: 0 })
  assert.deepEqual({ ...status?.used }, { "requests.cpu": "300m", pods: "1", "count/pods": "2" })
})

test("a pod that outlived its grace period is not held against anybody", () => {
  const stuck = pod("stuck", {
    metadata: { deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 30 },
    status: { phase: "Running" },
  })
  const start = Date.parse("2026-01-01T00:00:00Z")
  const usedAt = (ms: number) =>
    statusOf(quota({ pods: "1" }), [counted(podEvaluator, [stuck])], { nowMs: start + ms })?.used["pods"]
  assert.deepEqual([usedAt(30_000), usedAt(30_001)], ["1", "0"])
})

test("what nobody counts keeps its number, what is no longer limited goes", () => {
  const before = quota({ "example.com/things": "4", secrets: "3" })
  const status = { hard: { old: "1" }, used: { "example.com/things": "2", old: "1" } }
  const after = statusOf({ ...before, status } as ResourceQuota, [counted(objectCounter(Secret), [{}, {}])], {
    nowMs: 0,
  })
  assert.deepEqual({ ...after?.used }, { "example.com/things": "2", secrets: "2" })
})

test("devices of a class count as its extended resource, once for a pod and the claim behind it", () => {
  const resources = { requests: { "example.com/gpu": "2" } }
  const status = { phase: "Running", extendedResourceClaimStatus: { resourceClaimName: "made" } }
  const user = pod("user", { spec: { containers: [{ name: "main", resources }] }, status })
  const claim = (name: string, count: number, metadata: object = {}) => ({
    metadata: { name, namespace: "default", creationTimestamp: "2026-01-01T00:00:00Z", ...metadata },
    spec: {
      devices: { requests: [{ name: "r", exactly: { deviceClassName: "gpus", allocationMode: "ExactCount", count } }] },
    },
  })
  const made = claim("made", 3, {
    annotations: { "resource.kubernetes.io/extended-resource-claim": "true" },
    ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "user", uid: user.metadata.uid, controller: true }],
  })
  const classes = [
    { metadata: { name: "gpus" }, spec: { extendedResourceName: "example.com/gpu" } },
    { metadata: { name: "other" }, spec: {} },
  ] as unknown as DeviceClass[]
  const used = (claims: readonly object[]) => {
    const facts = { nowMs: 0, classes: () => classes, pod: () => user, claims: () => claims as ResourceClaim[] }
    const hard = {
      "gpus.deviceclass.resource.k8s.io/devices": "9",
      "requests.deviceclass.resource.kubernetes.io/gpus": "9",
      "requests.example.com/gpu": "9",
    }
    const kinds = [counted(podEvaluator, [user]), counted(deviceClaimEvaluator, claims)]
    return Object.values(statusOf(quota(hard), kinds, facts)?.used ?? {}).join()
  }
  // By claim; the three of the claim that was made, of which the pod has asked for two itself; and another's.
  assert.equal(used([]), "0,0,2")
  assert.equal(used([made]), "3,3,3")
  assert.equal(used([made, claim("own", 4)]), "7,7,7")
})

test("a status that is right is left alone", () => {
  const right = { ...quota({ secrets: "3" }), status: { hard: { secrets: "3" }, used: { secrets: "1" } } }
  assert.equal(statusOf(right as ResourceQuota, [counted(objectCounter(Secret), [{}])], { nowMs: 0 }), undefined)
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
