import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { keyOf } from "../../client/informer.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import { defineController } from "../define-controller.ts"
import { markDisrupted } from "../pods/mark-disrupted.ts"
import { indexPodsByNode, podsOn } from "../pods/pods-by-node.ts"
import { evictAfterMs } from "./plan.ts"

const MESSAGE = "Taint manager: deleting due to NoExecute taint"

/** Deletes pods that do not tolerate, or no longer tolerate, a `NoExecute` taint of their node. */
export const taintEvictionController = defineController({
  name: "taint-eviction-controller",
  reads: [Pod, Node],
  writes: [
    { resource: Pod, verbs: ["delete"] },
    { resource: Pod, subresource: "status", verbs: ["patch"] },
  ],
  start(context) {
    const { client, events, platform } = context
    const pods = context.informer(Pod)
    /** When pods that wait for the end of their toleration have to go, by the monotonic clock. */
    const due = new Map<string, { readonly uid: string; readonly atMs: number }>()
    const cancel = (pod: Pod) => {
      const key = keyOf(pod)
      if (!due.delete(key)) return
      events.record(pod, "Normal", "TaintManagerEviction", `Cancelling deletion of Pod ${key}`)
    }
    indexPodsByNode(context)
    context.enqueueOn(Pod, ({ type, object }) => (type !== "deleted" && object.spec.nodeName ? [keyOf(object)] : []))
    context.enqueueOn(Node, (change) => {
      const before = change.type === "updated" ? change.previous.spec.taints : undefined
      if (JSON.stringify(before) === JSON.stringify(change.object.spec.taints)) return []
      return podsOn(context, change.object.metadata.name).map(keyOf)
    })
    return async (key) => {
      const pod = pods.get(key)
      if (pod?.metadata.uid !== due.get(key)?.uid) due.delete(key)
      if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return
      const afterMs = evictAfterMs(pod, context.informer(Node).get(pod.spec.nodeName ?? ""))
      if (afterMs === "never") return cancel(pod)
      if (afterMs === "now") cancel(pod)
      else {
        // The time of a pod that waits runs on, whatever else happens to its node.
        const nowMs = platform.clock.monotonicMs()
        const { atMs } = due.getOrInsert(key, { uid: pod.metadata.uid, atMs: nowMs + afterMs })
        if (atMs > nowMs) return { againAfterMs: atMs - nowMs }
        due.delete(key)
      }
      events.record(pod, "Normal", "TaintManagerEviction", `Marking for deletion Pod ${key}`)
      const { uid } = pod.metadata
      const mark = markDisrupted(pod, "DeletionByTaintManager", MESSAGE, timeFromMs(platform.clock.nowMs()))
      try {
        if (mark !== undefined) {
          const body = { metadata: { uid }, status: mark }
          await client.of(Pod).patch(pod.metadata, body, { type: "strategic", subresource: "status" })
        }
        await client.of(Pod).delete(pod.metadata, { preconditions: { uid } })
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    }
  },
})
