import { Lease } from "../../api/coordination/v1/lease.ts"
import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import type { Change } from "../../client/informer.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import { type ControllerContext, defineController } from "../define-controller.ts"
import { isReady } from "../pods/pod-state.ts"
import { indexPodsByNode, podsOn } from "../pods/pods-by-node.ts"
import { EvictionPace } from "./eviction-pace.ts"
import {
  type Heard,
  isNodeReady,
  missingLabels,
  plannedTaints,
  readyCondition,
  silenceLeftMs,
  unknownConditions,
} from "./plan.ts"
import { EVICTION_DEFAULTS, isCounted, zoneOf } from "./zones.ts"

const LEASE_NAMESPACE = "kube-node-lease"
/** Not the name of a node: to look at all of them. */
const ALL = "*"

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
    const loop = new NodeLifecycle(context)
    return (key) => loop.reconcile(key)
  },
})

class NodeLifecycle {
  readonly #context: ControllerContext
  readonly #pace = new EvictionPace(EVICTION_DEFAULTS)
  readonly #heard = new Map<string, Heard>()
  /** Whether something changed that decides about other nodes too. */
  #isReviewDue = false

  constructor(context: ControllerContext) {
    this.#context = context
    indexPodsByNode(context)
    context.informer(Lease).onChange((change) => {
      const { namespace, name } = change.object.metadata
      const renewed = change.type !== "updated" || change.previous.spec.renewTime !== change.object.spec.renewTime
      if (namespace === LEASE_NAMESPACE && renewed && change.type !== "deleted") this.#hear(name)
    })
    context.enqueueOn(Node, (change) => this.#onNode(change))
    context.enqueueOn(Pod, (change) => {
      const { nodeName } = change.object.spec
      const isNew = change.type === "added" || (change.type === "updated" && !change.previous.spec.nodeName)
      return nodeName && isNew && this.#isSilent(nodeName) ? [nodeName] : []
    })
  }

  async reconcile(key: string): Promise<{ againAfterMs: number } | undefined> {
    const reviewAfterMs = this.#review(key === ALL)
    if (reviewAfterMs !== undefined && key === ALL) return { againAfterMs: reviewAfterMs }
    const node = this.#context.informer(Node).get(key)
    return node === undefined ? undefined : this.#reconcileNode(node)
  }

  async #reconcileNode(node: Node): Promise<{ againAfterMs: number } | undefined> {
    const { client, platform } = this.#context
    const { name, resourceVersion } = node.metadata
    const nowMs = platform.clock.monotonicMs()
    const leftMs = silenceLeftMs(
      node,
      this.#heard.getOrInsertComputed(name, () => ({ atMs: nowMs })),
      nowMs,
    )
    if (leftMs <= 0 && (await this.#declareUnknown(node))) return undefined
    const taints = plannedTaints(node, this.#pace.mayEvict(name), timeFromMs(platform.clock.nowMs()))
    const labels = missingLabels(node)
    if (taints !== undefined || labels !== undefined) {
      const body = { metadata: { resourceVersion, ...(labels && { labels }) }, ...(taints && { spec: { taints } }) }
      await client.of(Node).patch({ name }, body, { type: "merge" })
    }
    if (this.#isSilent(name)) await this.#markPodsNotReady(name)
    return leftMs > 0 ? { againAfterMs: leftMs } : undefined
  }

  #onNode(change: Change<Node>): readonly string[] {
    const node = change.object
    const { name } = node.metadata
    const tell = (reason: string, what: string) =>
      this.#context.events.record(node, "Normal", reason, `Node ${name} event: ${what}`)
    if (change.type === "added") {
      this.#hear(name)
      tell("RegisteredNode", `Registered Node ${name} in Controller`)
    } else if (change.type === "deleted") {
      this.#heard.delete(name)
      tell("RemovingNode", `Removing Node ${name} from Controller`)
    } else if (heartbeat(node) !== heartbeat(change.previous)) this.#hear(name)
    if (change.type === "updated" && standing(node) === standing(change.previous)) return [name]
    this.#isReviewDue = true
    return [ALL, name]
  }

  /** Whether one node may drive its pods away depends on all the others. Returns when that is to be asked again. */
  #review(isTime: boolean): number | undefined {
    if (!isTime && !this.#isReviewDue) return undefined
    this.#isReviewDue = false
    const nodes = this.#context.informer(Node).list()
    const review = this.#pace.review(nodes, this.#context.platform.clock.monotonicMs())
    if (review.hasReturned) for (const { metadata } of nodes) this.#hear(metadata.name)
    for (const name of review.changed) this.#context.enqueue(name)
    if (!isTime && review.againAfterMs !== undefined) this.#context.enqueue(ALL)
    return review.againAfterMs
  }

  #hear(name: string): void {
    this.#heard.set(name, { atMs: this.#context.platform.clock.monotonicMs() })
  }

  #isSilent(name: string): boolean {
    const node = this.#context.informer(Node).get(name)
    return node !== undefined && readyCondition(node)?.status === "Unknown"
  }

  /** True when the node's conditions were changed; the change brings the node here again. */
  async #declareUnknown(node: Node): Promise<boolean> {
    const { client, events, platform } = this.#context
    const conditions = unknownConditions(node, timeFromMs(platform.clock.nowMs()))
    if (conditions === undefined) return false
    const { name } = node.metadata
    await client.of(Node).updateStatus({ ...node, status: { ...node.status, conditions } })
    if (isNodeReady(node)) events.record(node, "Normal", "NodeNotReady", `Node ${name} status is now: NodeNotReady`)
    return true
  }

  /** Endpoints of a node that is silent must not receive traffic, though its kubelet cannot say so. */
  async #markPodsNotReady(nodeName: string): Promise<void> {
    const { client, events, platform } = this.#context
    const ready = podsOn(this.#context, nodeName).filter(isReady)
    const mark = async (pod: Pod): Promise<void> => {
      const lastTransitionTime = timeFromMs(platform.clock.nowMs())
      const conditions = [{ type: "Ready", status: "False", lastTransitionTime }]
      const body = { metadata: { uid: pod.metadata.uid }, status: { conditions } }
      try {
        await client.of(Pod).patch(pod.metadata, body, { type: "strategic", subresource: "status" })
        events.record(pod, "Warning", "NodeNotReady", "Node is not ready")
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    }
    await Promise.all(ready.map(mark))
  }
}

const heartbeat = (node: Node): string | undefined => readyCondition(node)?.lastHeartbeatTime

/** What the other nodes' lot depends on. */
const standing = (node: Node): string => [readyCondition(node)?.status ?? "", isCounted(node), zoneOf(node)].join("/")
