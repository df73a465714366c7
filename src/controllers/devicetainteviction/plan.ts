import type { Pod } from "../../api/core/v1/pod.ts"
import type { DeviceRequestAllocationResult } from "../../api/resource/v1/allocation-result.ts"
import type { Device, DeviceTaint } from "../../api/resource/v1/device.ts"
import { toleratesTaint } from "../../api/resource/v1/device-tolerations.ts"
import { claimNameFor, isReservedFor, whyNotForPod } from "../../api/resource/v1/pod-claims.ts"
import type { ResourceClaim } from "../../api/resource/v1/resource-claim.ts"
import { timeToMs } from "../../machinery/time/timestamp.ts"

export type DeviceOf = (result: DeviceRequestAllocationResult) => Device | undefined

/** When the pod has to go because of taints of its devices, in milliseconds since 1970; undefined: it may stay. */
export function evictionTimeMs(
  pod: Pod,
  claimOf: (name: string) => ResourceClaim | undefined,
  deviceOf: DeviceOf,
): number | undefined {
  if (!pod.spec.nodeName) return undefined
  const times = (pod.spec.resourceClaims ?? []).flatMap((entry) => {
    const known = claimNameFor(pod, entry)
    const claim = known.ok && known.name !== undefined ? claimOf(known.name) : undefined
    if (claim === undefined || !isReservedFor(pod, claim)) return []
    if (known.ok && known.isGenerated && whyNotForPod(pod, claim) !== undefined) return []
    return (claim.status.allocation?.devices.results ?? []).flatMap((result) => timesOf(result, deviceOf(result)))
  })
  return times.length === 0 ? undefined : Math.min(...times)
}

function timesOf({ tolerations = [] }: DeviceRequestAllocationResult, device: Device | undefined): number[] {
  const evicting = (device?.taints ?? []).filter(({ effect }) => effect === "NoExecute")
  return evicting.flatMap((taint) => {
    const own = tolerations.filter((toleration) => toleratesTaint(toleration, taint))
    // For ever.
    if (own.some(({ tolerationSeconds }) => tolerationSeconds === undefined)) return []
    const seconds = own.map(({ tolerationSeconds = 0 }) => Math.max(tolerationSeconds, 0))
    return [sinceMs(taint) + (seconds.length === 0 ? 0 : Math.min(...seconds)) * 1000]
  })
}

const sinceMs = ({ timeAdded }: DeviceTaint): number => (timeAdded === undefined ? 0 : timeToMs(timeAdded))
