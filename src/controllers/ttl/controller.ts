import { Node } from "../../api/core/v1/node.ts"
import { defineController } from "../define-controller.ts"
import { nextStep, secondsOf } from "./plan.ts"

const ANNOTATION = "node.alpha.kubernetes.io/ttl"

/** Tells kubelets on their nodes how long they may use secrets and config maps before they ask again. */
export const ttlController = defineController({
  name: "ttl-controller",
  reads: [Node],
  writes: [{ resource: Node, verbs: ["patch"] }],
  start(context) {
    const nodes = context.informer(Node)
    let count = 0
    let step = 0
    context.enqueueOn(Node, ({ type, object }) => {
      if (type === "added") count++
      if (type === "deleted") count--
      const before = step
      step = nextStep(step, count)
      if (step !== before) return nodes.list().map(({ metadata }) => metadata.name)
      return type === "deleted" ? [] : [object.metadata.name]
    })
    return async (name) => {
      const wanted = `${secondsOf(step)}`
      const present = nodes.get(name)?.metadata.annotations?.[ANNOTATION]
      if (nodes.get(name) === undefined || (present !== undefined && Number(present) === Number(wanted))) return
      await context.client
        .of(Node)
        .patch({ name }, { metadata: { annotations: { [ANNOTATION]: wanted } } }, { type: "merge" })
    }
  },
})
