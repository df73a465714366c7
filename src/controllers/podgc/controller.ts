import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import { type ControllerContext, defineController } from "../define-controller.ts"
import { markDisrupted } from "../pods/mark-disrupted.ts"
import { collectable, hasEnded, MissingNodes } from "./plan.ts"

const sweepMs = 20_000

/** Removes pods that nobody else will: ended ones beyond a limit, and those whose node is gone. */
export const podGarbageCollector = defineController({
  name: "pod-garbage-collector",
  reads: [Pod, Node],
  writes: [
    { resource: Pod, verbs: ["delete"] },
    { resource: Pod, subresource: "status", verbs: ["patch"] },
  ],
  workers: 1,
  start(context) {
    const { client, platform } = context
    const nodes = context.informer(Node)
    const missing = new MissingNodes()
    context.enqueue("sweep")
    const isGone = (name: string) =>
      client
        .of(Node)
        .get({ name })
        .then(() => false, isNotFound)
    return async () => {
      const pods = context.informer(Pod).list()
      for (const pod of collectable(pods, (name) => nodes.get(name))) await remove(context, pod)
      const named = new Set(pods.flatMap(({ spec }) => spec.nodeName || []))
      const lost = missing.update(
        new Set([...named].filter((name) => nodes.get(name) === undefined)),
        platform.clock.monotonicMs(),
      )
      for (const name of lost) {
        if (!(await isGone(name))) continue
        const orphans = pods.filter(({ spec }) => spec.nodeName === name)
        for (const pod of orphans) await remove(context, pod, "PodGC: node no longer exists")
      }
      return { againAfterMs: sweepMs }
    }
  },
})

/** A pod that has no kubelet to end it would never count as ended for its owner. */
async function remove({ client, platform }: ControllerContext, pod: Pod, cause?: string): Promise<void> {
  const { generation, uid } = pod.metadata
  try {
    if (!hasEnded(pod)) {
      const now = timeFromMs(platform.clock.nowMs())
      const mark = cause === undefined ? undefined : markDisrupted(pod, "DeletionByPodGC", cause, now)
      const status = { phase: "Failed", ...(generation !== undefined && { observedGeneration: generation }), ...mark }
      const body = { metadata: { uid }, status }
      await client.of(Pod).patch(pod.metadata, body, { type: "strategic", subresource: "status" })
    }
    await client.of(Pod).delete(pod.metadata, { gracePeriodSeconds: 0, preconditions: { uid } })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
