import { Pod } from "../../api/core/v1/pod.ts"
import { DeviceClass } from "../../api/resource/v1/device-class.ts"
import { ResourceClaim } from "../../api/resource/v1/resource-claim.ts"
import { ResourceSlice } from "../../api/resource/v1/resource-slice.ts"
import { type Key, keyOf } from "../../client/informer.ts"
import { isConflict, isNotFound } from "../../machinery/status/predicates.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import { type ControllerContext, defineController } from "../define-controller.ts"
import { markDisrupted } from "../pods/mark-disrupted.ts"
import { type DeviceOf, evictionTimeMs } from "./plan.ts"

const BY_POOL = "pool"
const REASON = "DeviceTaintManagerEviction"
const MESSAGE = "Device Taint manager: deleting due to NoExecute taint"

/**
 * Ends pods whose devices have a `NoExecute` taint that their claims do not tolerate, or not any longer.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/#device-taints-and-tolerations
 */
export const deviceTaintEvictionController = defineController({
  name: "device-taint-eviction-controller",
  reads: [Pod, ResourceClaim, ResourceSlice, DeviceClass],
  writes: [
    { resource: Pod, verbs: ["delete"] },
    { resource: Pod, subresource: "status", verbs: ["patch", "update"] },
  ],
  start(context) {
    const { events, platform } = context
    const [pods, claims] = [context.informer(Pod), context.informer(ResourceClaim)]
    claims.addIndex(BY_POOL, ({ status }) => [
      ...new Set(status.allocation?.devices.results?.map(({ driver, pool }) => `${driver}/${pool}`)),
    ])
    const deviceOf = deviceLookup(context)
    context.enqueueOn(Pod, ({ type, object }) => {
      const isConcerned = type !== "deleted" && object.spec.nodeName && (object.spec.resourceClaims ?? []).length > 0
      return isConcerned ? [keyOf(object)] : []
    })
    context.enqueueOn(ResourceClaim, ({ object }) => usersOf(object))
    context.enqueueOn(ResourceSlice, ({ object: { spec } }) =>
      claims.indexed(BY_POOL, `${spec.driver}/${spec.pool.name}`).flatMap(usersOf),
    )
    /** Pods that wait for the end of their toleration. */
    const waiting = new Set<string>()
    return async (key) => {
      const pod = pods.get(key)
      if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) {
        waiting.delete(key)
        return
      }
      const claimOf = (name: string) => claims.get(`${pod.metadata.namespace}/${name}`)
      const timeMs = evictionTimeMs(pod, claimOf, deviceOf)
      if (timeMs === undefined) {
        if (waiting.delete(key)) events.record(pod, "Normal", REASON, "Cancelling deletion")
        return
      }
      const nowMs = platform.clock.nowMs()
      if (timeMs > nowMs) {
        waiting.add(key)
        return { againAfterMs: timeMs - nowMs }
      }
      waiting.delete(key)
      await evict(context, pod)
    }
  },
})

function usersOf({ metadata, status }: ResourceClaim): Key[] {
  const pods = (status.reservedFor ?? []).filter(({ resource }) => resource === "pods")
  return pods.map(({ name }) => `${metadata.namespace}/${name}`)
}

/** Finds devices as their drivers describe them now. */
function deviceLookup({ informer }: Pick<ControllerContext, "informer">): DeviceOf {
  const slices = informer(ResourceSlice)
  slices.addIndex(BY_POOL, ({ spec }) => [`${spec.driver}/${spec.pool.name}`])
  return ({ driver, pool, device }) => {
    const all = slices.indexed(BY_POOL, `${driver}/${pool}`)
    const newest = Math.max(...all.map(({ spec }) => spec.pool.generation))
    const current = all.filter(({ spec }) => spec.pool.generation === newest)
    return current.flatMap(({ spec }) => spec.devices ?? []).find(({ name }) => name === device)
  }
}

async function evict({ client, events, platform }: ControllerContext, pod: Pod): Promise<void> {
  const { uid } = pod.metadata
  events.record(pod, "Normal", REASON, "Marking for deletion")
  const mark = markDisrupted(pod, "DeletionByDeviceTaintManager", MESSAGE, timeFromMs(platform.clock.nowMs()))
  try {
    if (mark !== undefined) {
      const body = { metadata: { uid }, status: mark }
      await client.of(Pod).patch(pod.metadata, body, { type: "strategic", subresource: "status" })
    }
    await client.of(Pod).delete(pod.metadata, { preconditions: { uid } })
  } catch (error) {
    // Gone already, and perhaps another one has its name by now.
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}
