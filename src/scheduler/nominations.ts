import type { Pod } from "../api/core/v1/pod.ts"
import { type Key, keyOf } from "../client/informer.ts"
import { type PlacedPod, placed } from "./node-state.ts"

const NOBODY: ReadonlyMap<Key, PlacedPod> = new Map()

/** Which waiting pods have a node in view, where room is being made for them. */
export class Nominations {
  readonly #onChange: (nodeName: string) => void
  readonly #nodeOfPod = new Map<Key, string>()
  readonly #podsOfNode = new Map<string, Map<Key, PlacedPod>>()

  /** `onChange` is told which node it is about. */
  constructor(onChange: (nodeName: string) => void) {
    this.#onChange = onChange
  }

  get isEmpty(): boolean {
    return this.#nodeOfPod.size === 0
  }

  on(nodeName: string): ReadonlyMap<Key, PlacedPod> {
    return this.#podsOfNode.get(nodeName) ?? NOBODY
  }

  /** Undefined: none. */
  nodeOf(pod: Pod): string | undefined {
    return this.#nodeOfPod.get(keyOf(pod))
  }

  /** Replaces what was there before for this pod; an empty name only takes that away. */
  set(pod: Pod, nodeName: string): void {
    const entry = placed(pod)
    const { key } = entry
    this.remove(key)
    if (nodeName === "") return
    this.#onChange(nodeName)
    this.#nodeOfPod.set(key, nodeName)
    const pods = this.#podsOfNode.get(nodeName) ?? new Map<Key, PlacedPod>()
    this.#podsOfNode.set(nodeName, pods.set(key, entry))
  }

  /** The node it was nominated for. */
  remove(key: Key): string | undefined {
    const nodeName = this.#nodeOfPod.get(key)
    if (nodeName === undefined) return undefined
    this.#onChange(nodeName)
    this.#nodeOfPod.delete(key)
    const pods = this.#podsOfNode.get(nodeName)
    pods?.delete(key)
    if (pods?.size === 0) this.#podsOfNode.delete(nodeName)
    return nodeName
  }
}
