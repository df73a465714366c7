import assert from "node:assert/strict"
import { test } from "node:test"
import type { Device } from "../../api/resource/v1/device.ts"
import type { ResourceClaim } from "../../api/resource/v1/resource-claim.ts"
import { timeToMs } from "../../machinery/time/timestamp.ts"
import { pod } from "../testing.ts"
import { evictionTimeMs } from "./plan.ts"

const SINCE = "2026-01-01T00:00:00Z"
const user = pod("web", { spec: { nodeName: "n1", resourceClaims: [{ name: "gpu", resourceClaimName: "c" }] } })
const taint = (effect: string, key = "sick") => ({ key, effect, timeAdded: SINCE })
const tolerating = (tolerationSeconds?: number, more: object = {}) => ({
  key: "sick",
  operator: "Exists",
  ...(tolerationSeconds !== undefined && { tolerationSeconds }),
  ...more,
})

/** Seconds after the taint was set; undefined: never. */
function evictedAfter(taints: readonly object[], tolerations: readonly object[], uid = "uid-web", of = user) {
  const results = [{ request: "r", driver: "d", pool: "p", device: "a", tolerations }]
  const status = { allocation: { devices: { results } }, reservedFor: [{ resource: "pods", name: "web", uid }] }
  const claim = { metadata: { name: "c", namespace: "default" }, status } as unknown as ResourceClaim
  const timeMs = evictionTimeMs(
    of,
    () => claim,
    () => ({ name: "a", taints }) as unknown as Device,
  )
  return timeMs === undefined ? undefined : (timeMs - timeToMs(SINCE)) / 1000
}

test("a pod goes when its device has a taint that ends pods", () => {
  assert.equal(evictedAfter([taint("NoExecute")], []), 0)
  assert.equal(evictedAfter([taint("NoSchedule"), taint("None")], []), undefined)
  assert.equal(evictedAfter([], []), undefined)
})

test("it stays as long as the taint is tolerated", () => {
  assert.equal(evictedAfter([taint("NoExecute")], [tolerating()]), undefined)
  assert.equal(evictedAfter([taint("NoExecute")], [tolerating(30), tolerating(10)]), 10)
  assert.equal(evictedAfter([taint("NoExecute")], [tolerating(-5)]), 0)
  assert.equal(evictedAfter([taint("NoExecute")], [tolerating(30, { effect: "NoSchedule" })]), 0)
  assert.equal(evictedAfter([taint("NoExecute"), taint("NoExecute", "old")], [tolerating()]), 0)
})

test("it stays when it is on no node, or does not use the claim", () => {
  assert.equal(evictedAfter([taint("NoExecute")], [], "uid-other"), undefined)
  const unplaced = pod("web", { spec: { resourceClaims: [{ name: "gpu", resourceClaimName: "c" }] } })
  assert.equal(evictedAfter([taint("NoExecute")], [], "uid-web", unplaced), undefined)
})
