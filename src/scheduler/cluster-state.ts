import type { Node } from "../api/core/v1/node.ts"
import type { Pod } from "../api/core/v1/pod.ts"
import { keyOf } from "../client/informer.ts"
import type { ClusterView } from "./framework.ts"
import { NodeState, placed } from "./node-state.ts"
import { Nominations } from "./nominations.ts"

type LabelTest = (labels: Readonly<Record<string, string>>) => boolean

/**
 * Every node with the pods on it. A pod that was given a node is counted there at once (assumed), before the API has
 * confirmed it, so that the next pod sees the room it takes. Cycles run to their end without waiting for anything, so
 * this needs no snapshot: nothing changes while plugins look.
 */
export class ClusterState implements ClusterView {
  readonly nodes = new Map<string, NodeState>()
  readonly nominations = new Nominations()
  readonly #nodeOfPod = new Map<string, string>()
  readonly #assumed = new Set<string>()
  /** Pods of nodes that are not known (yet, or any more). */
  readonly #homeless = new Map<string, Map<string, Pod>>()
  readonly #imageNodes = new Map<string, number>()
  readonly #namespaces = new Map<string, Readonly<Record<string, string>>>()
  readonly #siblings: (pod: Pod) => LabelTest | undefined

  constructor(siblings: (pod: Pod) => LabelTest | undefined = () => undefined) {
    this.#siblings = siblings
  }

  setNode(node: Node): void {
    const { name } = node.metadata
    const known = this.nodes.get(name)
    if (known !== undefined) {
      this.#countImages(known, -1)
      known.update(node)
      this.#countImages(known, 1)
      return
    }
    const state = new NodeState(node)
    this.nodes.set(name, state)
    this.#countImages(state, 1)
    for (const pod of this.#homeless.get(name)?.values() ?? []) state.add(placed(pod))
    this.#homeless.delete(name)
  }

  removeNode(name: string): void {
    const state = this.nodes.get(name)
    if (state === undefined) return
    this.nodes.delete(name)
    this.#countImages(state, -1)
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
    this.#assumed.add(key)
    this.#place(key, pod, nodeName)
  }

  isAssumed(key: string): boolean {
    return this.#assumed.has(key)
  }

  removePod(key: string): void {
    this.#assumed.delete(key)
    const nodeName = this.#nodeOfPod.get(key)
    if (nodeName === undefined) return
    this.#nodeOfPod.delete(key)
    this.nodes.get(nodeName)?.remove(key)
    this.#homeless.get(nodeName)?.delete(key)
  }

  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): void {
    if (labels === undefined) this.#namespaces.delete(name)
    else this.#namespaces.set(name, labels)
  }

  nodesWithImage(image: string): number {
    return this.#imageNodes.get(image) ?? 0
  }

  namespaceLabels(namespace: string): Readonly<Record<string, string>> {
    return this.#namespaces.get(namespace) ?? {}
  }

  siblings(pod: Pod): LabelTest | undefined {
    return this.#siblings(pod)
  }

  #place(key: string, pod: Pod, nodeName: string): void {
    const before = this.#nodeOfPod.get(key)
    if (before !== undefined) {
      this.nodes.get(before)?.remove(key)
      this.#homeless.get(before)?.delete(key)
    }
    this.#nodeOfPod.set(key, nodeName)
    const state = this.nodes.get(nodeName)
    if (state !== undefined) state.add(placed(pod))
    else {
      const waiting = this.#homeless.get(nodeName) ?? new Map<string, Pod>()
      waiting.set(key, pod)
      this.#homeless.set(nodeName, waiting)
    }
  }

  #countImages(state: NodeState, sign: 1 | -1): void {
    for (const image of state.images.keys()) {
      const count = (this.#imageNodes.get(image) ?? 0) + sign
      if (count > 0) this.#imageNodes.set(image, count)
      else this.#imageNodes.delete(image)
    }
  }
}
