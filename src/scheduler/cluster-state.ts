import type { Node } from "../api/core/v1/node.ts"
import type { Pod } from "../api/core/v1/pod.ts"
import { keyOf } from "../client/informer.ts"
import type { LabelSelector } from "../machinery/selectors/label-selector.ts"
import { ChangeLog } from "./change-log.ts"
import { Tallies } from "./counts/tallies.ts"
import { TermGroups } from "./counts/term-groups.ts"
import { isSame } from "./events.ts"
import type { ClusterView } from "./framework.ts"
import { NodeState, type PlacedPod, placed } from "./node-state.ts"
import { Nominations } from "./nominations.ts"

/**
 * Every node with the pods on it. A pod that was given a node is counted there at once (assumed), before the API has
 * confirmed it, so that the next pod sees the room it takes. Cycles run to their end without waiting for anything, so
 * this needs no snapshot: nothing changes while plugins look, and what they count is kept up to date change by change.
 */
export class ClusterState implements ClusterView {
  readonly nodes = new Map<string, NodeState>()
  readonly changes = new ChangeLog()
  readonly nominations = new Nominations((nodeName) => this.changes.add(nodeName))
  readonly tallies = new Tallies(this.nodes)
  readonly termGroups = new TermGroups()
  readonly siblings: (pod: Pod) => LabelSelector | undefined
  readonly #nodeOfPod = new Map<string, string>()
  /** The uids of assumed pods. */
  readonly #assumed = new Map<string, string>()
  /** Pods of nodes that are not known (yet, or any more). */
  readonly #homeless = new Map<string, Map<string, Pod>>()
  readonly #imageNodes = new Map<string, number>()
  readonly #namespaces = new Map<string, Readonly<Record<string, string>>>()
  #ordered: readonly NodeState[] | undefined

  constructor(siblings: (pod: Pod) => LabelSelector | undefined = () => undefined) {
    this.siblings = siblings
  }

  /** All nodes in an order in which zones take turns, so that a search that ends early has seen all of them. */
  ordered(): readonly NodeState[] {
    this.#ordered ??= zonesInTurn(this.nodes.values())
    return this.#ordered
  }

  setNode(node: Node): void {
    const { name } = node.metadata
    this.changes.add(name)
    const known = this.nodes.get(name)
    if (known !== undefined) {
      this.#updateNode(known, node)
      return
    }
    const state = new NodeState(node)
    for (const pod of this.#homeless.get(name)?.values() ?? []) state.add(placed(pod))
    this.#homeless.delete(name)
    this.nodes.set(name, state)
    this.#ordered = undefined
    this.#countNode(state, 1)
  }

  removeNode(name: string): void {
    const state = this.nodes.get(name)
    if (state === undefined) return
    this.changes.add(name)
    this.#countNode(state, -1)
    this.nodes.delete(name)
    this.#ordered = undefined
    if (state.pods.size > 0) this.#homeless.set(name, new Map([...state.pods].map(([key, { pod }]) => [key, pod])))
  }

  /** Counts a pod on the node in its spec; what was counted before for it is replaced. */
  setPod(pod: Pod): void {
    const key = keyOf(pod)
    this.#assumed.delete(key)
    this.#place(key, pod, pod.spec.nodeName ?? "")
  }

  /** Counts a pod on a node that it is about to be bound to. */
  assume(pod: Pod, nodeName: string): void {
    const key = keyOf(pod)
    this.#assumed.set(key, pod.metadata.uid)
    this.#place(key, pod, nodeName)
  }

  /** Takes back what was assumed; without a node name, nothing was. */
  forget(pod: Pod): { readonly key: string; readonly nodeName?: string } {
    const key = keyOf(pod)
    const nodeName = this.#nodeOfPod.get(key)
    if (nodeName === undefined || this.#assumed.get(key) !== pod.metadata.uid) return { key }
    this.removePod(key)
    return { key, nodeName }
  }

  isAssumed(key: string): boolean {
    return this.#assumed.has(key)
  }

  removePod(key: string): void {
    this.#assumed.delete(key)
    const nodeName = this.#nodeOfPod.get(key)
    if (nodeName === undefined) return
    this.#nodeOfPod.delete(key)
    this.#leave(nodeName, key)
  }

  put(entry: PlacedPod, node: NodeState): void {
    node.add(entry)
    this.#countPod(entry, node, 1)
  }

  take(entry: PlacedPod, node: NodeState): void {
    this.#countPod(entry, node, -1)
    node.remove(entry.key)
  }

  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): void {
    if (isSame(this.#namespaces.get(name), labels)) return
    if (labels === undefined) this.#namespaces.delete(name)
    else this.#namespaces.set(name, labels)
    this.tallies.forgetNamespaceSelecting()
  }

  nodesWithImage(image: string): number {
    return this.#imageNodes.get(image) ?? 0
  }

  readonly namespaceLabels = (namespace: string): Readonly<Record<string, string>> =>
    this.#namespaces.get(namespace) ?? NO_LABELS

  #updateNode(state: NodeState, node: Node): void {
    const { metadata, spec, status } = state.node
    // Most updates are heartbeats: what is counted by labels and taints stays as it is.
    const countsAnew =
      !isSame(metadata.labels, node.metadata.labels) ||
      !isSame(spec.taints, node.spec.taints) ||
      !isSame(status.images, node.status.images)
    if (countsAnew) this.#countNode(state, -1)
    state.update(node)
    if (!countsAnew) return
    this.#countNode(state, 1)
    this.#ordered = undefined
  }

  #place(key: string, pod: Pod, nodeName: string): void {
    const before = this.#nodeOfPod.get(key)
    const state = this.nodes.get(nodeName)
    this.changes.add(nodeName)
    if (before === nodeName && state?.replace(key, pod)) return
    if (before !== undefined) this.#leave(before, key)
    this.#nodeOfPod.set(key, nodeName)
    if (state !== undefined) this.put(placed(pod), state)
    else {
      const waiting = this.#homeless.get(nodeName) ?? new Map<string, Pod>()
      waiting.set(key, pod)
      this.#homeless.set(nodeName, waiting)
    }
  }

  #leave(nodeName: string, key: string): void {
    this.changes.add(nodeName)
    const state = this.nodes.get(nodeName)
    const entry = state?.pods.get(key)
    if (state !== undefined && entry !== undefined) this.take(entry, state)
    this.#homeless.get(nodeName)?.delete(key)
  }

  #countPod(entry: PlacedPod, node: NodeState, sign: 1 | -1): void {
    this.tallies.addPod(entry.pod, node, sign)
    this.termGroups.add(entry, node, sign)
  }

  #countNode(state: NodeState, sign: 1 | -1): void {
    this.tallies.addNode(state, sign)
    for (const entry of state.pods.values()) this.termGroups.add(entry, state, sign)
    for (const image of state.images.keys()) {
      const count = (this.#imageNodes.get(image) ?? 0) + sign
      if (count > 0) this.#imageNodes.set(image, count)
      else this.#imageNodes.delete(image)
    }
  }
}

const NO_LABELS: Readonly<Record<string, string>> = {}
const REGION = "topology.kubernetes.io/region"
const ZONE = "topology.kubernetes.io/zone"

function zonesInTurn(nodes: Iterable<NodeState>): NodeState[] {
  const zones = Map.groupBy(nodes, (node) => `${node.label(REGION) ?? ""}/${node.label(ZONE) ?? ""}`)
  const lists = [...zones.values()]
  const longest = lists.reduce((length, list) => Math.max(length, list.length), 0)
  const ordered: NodeState[] = []
  for (let index = 0; index < longest; index++) {
    for (const list of lists) {
      const node = list[index]
      if (node !== undefined) ordered.push(node)
    }
  }
  return ordered
}
