import { Lease } from "../../api/coordination/v1/lease.ts"
import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import { type ControllerContext, defineController } from "../define-controller.ts"
import { isReady } from "../pods/pod-state.ts"
import { type Heard, plannedTaints, readyCondition, silenceLeftMs, unknownConditions } from "./plan.ts"

const LEASE_NAMESPACE = "kube-node-lease"
const BY_NODE = "node"

/** Notices nodes that went silent, and keeps taints and pod readiness in step with node conditions. */
export const nodeLifecycleController = defineController({
  name: "node-controller",
  reads: [Node, Lease, Pod],
  writes: [
    { resource: Node, verbs: ["patch", "update"] },
    { resource: Node, subresource: "status", verbs: ["patch", "update"] },
    { resource: Pod, subresource: "status", verbs: ["patch"] },
  ],
  start(context) {
    const heard = new Map<string, Heard>()
    const { clock } = context.platform
    const hear = (name: string) => heard.set(name, { atMs: clock.monotonicMs() })
    const nodes = context.informer(Node)
    context.informer(Pod).addIndex(BY_NODE, (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []))
    context.informer(Lease).onChange((change) => {
      const { namespace, name } = change.object.metadata
      const renewed = change.type !== "updated" || change.previous.spec.renewTime !== change.object.spec.renewTime
      if (namespace === LEASE_NAMESPACE && renewed && change.type !== "deleted") hear(name)
    })
    context.enqueueOn(Node, (change) => {
      const { name } = change.object.metadata
      if (change.type === "added") {
        hear(name)
        context.events.record(
          change.object,
          "Normal",
          "RegisteredNode",
          `Node ${name} event: Registered Node ${name} in Controller`,
        )
      } else if (change.type === "deleted") heard.delete(name)
      else if (heartbeat(change.object) !== heartbeat(change.previous)) hear(name)
      // Whether one node may drive its pods away depends on all the others.
      const turned = change.type !== "updated" || isNodeReady(change.object) !== isNodeReady(change.previous)
      return turned ? nodes.list().map((node) => node.metadata.name) : [name]
    })
    return async (name) => {
      const node = nodes.get(name)
      if (node === undefined) return
      const leftMs = silenceLeftMs(
        node,
        heard.get(name) ?? hearNow(heard, name, clock.monotonicMs()),
        clock.monotonicMs(),
      )
      if (leftMs <= 0 && (await declareUnknown(context, node))) return
      const evict = nodes.list().some(isNodeReady)
      const taints = plannedTaints(node, evict, timeFromMs(clock.nowMs()))
      if (taints !== undefined) {
        const { resourceVersion } = node.metadata
        await context.client
          .of(Node)
          .patch({ name }, { metadata: { resourceVersion }, spec: { taints } }, { type: "merge" })
      }
      if (readyCondition(node) !== undefined && !isNodeReady(node)) await markPodsNotReady(context, name)
      return leftMs > 0 ? { againAfterMs: leftMs } : undefined
    }
  },
})

function hearNow(heard: Map<string, Heard>, name: string, atMs: number): Heard {
  const now = { atMs }
  heard.set(name, now)
  return now
}

const isNodeReady = (node: Node): boolean => readyCondition(node)?.status === "True"
const heartbeat = (node: Node): string | undefined => readyCondition(node)?.lastHeartbeatTime

/** True when the node's conditions were changed; the change brings the node here again. */
async function declareUnknown(context: ControllerContext, node: Node): Promise<boolean> {
  const conditions = unknownConditions(node, timeFromMs(context.platform.clock.nowMs()))
  if (conditions === undefined) return false
  const { name } = node.metadata
  await context.client.of(Node).updateStatus({ ...node, status: { ...node.status, conditions } })
  context.events.record(node, "Normal", "NodeNotReady", `Node ${name} status is now: NodeNotReady`)
  return true
}

/** Endpoints of a node that is not ready must not receive traffic, though its kubelet cannot say so. */
async function markPodsNotReady(context: ControllerContext, nodeName: string): Promise<void> {
  const ready = context.informer(Pod).indexed(BY_NODE, nodeName).filter(isReady)
  const mark = async (pod: Pod): Promise<void> => {
    const lastTransitionTime = timeFromMs(context.platform.clock.nowMs())
    const conditions = [{ type: "Ready", status: "False", lastTransitionTime }]
    const body = { metadata: { uid: pod.metadata.uid }, status: { conditions } }
    try {
      await context.client.of(Pod).patch(pod.metadata, body, { type: "strategic", subresource: "status" })
      context.events.record(pod, "Warning", "NodeNotReady", "Node is not ready")
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
  await Promise.all(ready.map(mark))
}
