import type { DeviceRequestAllocationResult } from "../../../api/resource/v1/allocation-result.ts"
import type { ResourceClaim } from "../../../api/resource/v1/resource-claim.ts"
import { timeToMs } from "../../../machinery/time/timestamp.ts"

/**
 * Devices that have to be attached to a node before pods can use them tell so by conditions in the claim's status.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/#device-binding-conditions
 */

/** `failed`: with other devices it may work. */
export type Readiness =
  | { readonly type: "ready" }
  | { readonly type: "waiting" }
  | { readonly type: "failed"; readonly message: string }

export function readinessOf(claim: ResourceClaim): Readiness {
  const { allocation } = claim.status
  if (allocation === undefined) return { type: "waiting" }
  for (const result of allocation.devices.results ?? []) {
    const { bindingConditions = [], bindingFailureConditions = [] } = result
    if (bindingConditions.length === 0) continue
    const conditions = conditionsOf(claim, result)
    if (conditions === undefined) return { type: "waiting" }
    const isTrue = (name: string) => conditions.find(({ type, status }) => type === name && status === "True")
    for (const name of bindingFailureConditions) {
      const failed = isTrue(name)
      if (failed === undefined) continue
      const { reason, message } = failed
      const details = `claim=${claim.metadata.name}, reason=${reason}, message=${JSON.stringify(message)}`
      return { type: "failed", message: `device binding failed: ${details}` }
    }
    if (bindingConditions.some((name) => isTrue(name) === undefined)) return { type: "waiting" }
  }
  return { type: "ready" }
}

function conditionsOf({ status }: ResourceClaim, { driver, pool, device }: DeviceRequestAllocationResult) {
  return status.devices?.find((one) => one.driver === driver && one.pool === pool && one.device === device)?.conditions
}

export function hasBindingConditions({ status }: ResourceClaim): boolean {
  return (status.allocation?.devices.results ?? []).some(({ bindingConditions = [] }) => bindingConditions.length > 0)
}

/** When nobody waits for the devices any longer; undefined: they need not be waited for. */
export function bindingDeadlineMs(claim: ResourceClaim, timeoutMs: number): number | undefined {
  const { allocationTimestamp } = claim.status.allocation ?? {}
  if (allocationTimestamp === undefined || !hasBindingConditions(claim)) return undefined
  return timeToMs(allocationTimestamp) + timeoutMs
}
