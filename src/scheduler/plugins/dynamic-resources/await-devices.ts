import type { Pod } from "../../../api/core/v1/pod.ts"
import { ResourceClaim } from "../../../api/resource/v1/resource-claim.ts"
import { keyOf } from "../../../client/informer.ts"
import { waitUntil } from "../wait-until.ts"
import { bindingDeadlineMs, hasBindingConditions, readinessOf } from "./binding-conditions.ts"
import type { DeviceHost } from "./pod-devices.ts"

const TIMEOUT = "device binding timeout"

/** Waits until all devices can be used on the node. Throws when one cannot, or when it takes too long. */
export async function awaitDevices(
  { host, cache, bindingTimeoutMs }: DeviceHost,
  pod: Pod,
  nodeName: string,
  claims: readonly ResourceClaim[],
  signal: AbortSignal,
): Promise<void> {
  if (!claims.some(hasBindingConditions)) return
  const { clock } = host.platform
  const message = `waiting for binding conditions for device on node ${nodeName}`
  host.events.record(pod, "Normal", "BindingConditionsPending", message, { action: "Scheduling" })
  const isDone = () =>
    claims.every((claim) => {
      const key = keyOf(claim)
      const now = cache.get(key)
      if (now === undefined) throw new Error(`could not find ResourceClaim "${key}"`)
      const readiness = readinessOf(now)
      if (readiness.type === "failed") throw new Error(readiness.message)
      const deadlineMs = bindingDeadlineMs(now, bindingTimeoutMs)
      if (readiness.type === "waiting" && deadlineMs !== undefined && deadlineMs < clock.nowMs()) {
        throw new Error(`${TIMEOUT}: claim=${now.metadata.name}`)
      }
      return readiness.type === "ready"
    })
  const watched = [host.informer(ResourceClaim)]
  try {
    await host.await(waitUntil({ isDone, watched, clock, timeoutMs: bindingTimeoutMs, signal }))
  } catch (error) {
    const isLate = error instanceof Error && error.message === "context deadline exceeded"
    throw isLate ? new Error(`${TIMEOUT}: ${error.message}`, { cause: error }) : error
  }
}
