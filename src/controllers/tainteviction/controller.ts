import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { keyOf } from "../../client/informer.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import { defineController } from "../define-controller.ts"
import { evictionTime } from "./plan.ts"

const BY_NODE = "node"

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
    /** Pods that wait for the end of their toleration. */
    const waiting = new Set<string>()
    pods.addIndex(BY_NODE, (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []))
    context.enqueueOn(Pod, ({ type, object }) => (type !== "deleted" && object.spec.nodeName ? [keyOf(object)] : []))
    context.enqueueOn(Node, (change) => {
      const before = change.type === "updated" ? change.previous.spec.taints : undefined
      if (JSON.stringify(before) === JSON.stringify(change.object.spec.taints)) return []
      return pods.indexed(BY_NODE, change.object.metadata.name).map(keyOf)
    })
    return async (key) => {
      const pod = pods.get(key)
      if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) {
        waiting.delete(key)
        return
      }
      const nowMs = platform.clock.nowMs()
      const time = evictionTime(pod, context.informer(Node).get(pod.spec.nodeName ?? ""), nowMs)
      if (time === "never") {
        if (waiting.delete(key)) {
          events.record(pod, "Normal", "TaintManagerEviction", `Cancelling deletion of Pod ${key}`)
        }
        return
      }
      if (time !== "now" && time > nowMs) {
        waiting.add(key)
        return { againAfterMs: time - nowMs }
      }
      waiting.delete(key)
      events.record(pod, "Normal", "TaintManagerEviction", `Marking for deletion Pod ${key}`)
      const condition = {
        type: "DisruptionTarget",
        status: "True",
        reason: "DeletionByTaintManager",
        message: "Taint manager: deleting due to NoExecute taint",
        lastTransitionTime: timeFromMs(nowMs),
      }
      const { uid } = pod.metadata
      try {
        const body = { metadata: { uid }, status: { conditions: [condition] } }
        await client.of(Pod).patch(pod.metadata, body, { type: "strategic", subresource: "status" })
        await client.of(Pod).delete(pod.metadata, { preconditions: { uid } })
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    }
  },
})
