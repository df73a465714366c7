import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { defineController } from "../define-controller.ts"
import { collectable } from "./plan.ts"

const sweepMs = 20_000

/** Removes pods that nobody else will: ended ones beyond a limit, and those whose node is gone. */
export const podGarbageCollector = defineController({
  name: "pod-garbage-collector",
  reads: [Pod, Node],
  writes: [{ resource: Pod, verbs: ["delete"] }],
  workers: 1,
  start(context) {
    context.enqueue("sweep")
    context.enqueueOn(Node, ({ type }) => (type === "deleted" ? ["sweep"] : []))
    return async () => {
      const nodes = new Set(
        context
          .informer(Node)
          .list()
          .map((node) => node.metadata.name),
      )
      for (const pod of collectable(context.informer(Pod).list(), nodes)) {
        const options = { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } }
        await context.client
          .of(Pod)
          .delete(pod.metadata, options)
          .catch((error: unknown) => {
            if (!isNotFound(error)) throw error
          })
      }
      return { againAfterMs: sweepMs }
    }
  },
})
