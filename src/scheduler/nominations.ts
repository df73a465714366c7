import type { Pod } from "../api/core/v1/pod.ts"
import { keyOf } from "../client/informer.ts"

/** Which waiting pods have a node in view, where room is being made for them. */
export class Nominations {
  readonly #nodeOfPod = new Map<string, string>()
  readonly #podsOfNode = new Map<string, Map<string, Pod>>()

  get isEmpty(): boolean {
    return this.#nodeOfPod.size === 0
  }

  on(nodeName: string): readonly Pod[] {
    const pods = this.#podsOfNode.get(nodeName)
    return pods === undefined ? NOBODY : [...pods.values()]
  }

  /** Undefined: none. */
  nodeOf(pod: Pod): string | undefined {
    return this.#nodeOfPod.get(keyOf(pod))
  }

  /** Replaces what was there before for this pod; an empty name only takes that away. */
  set(pod: Pod, nodeName: string): void {
    const key = keyOf(pod)
    this.remove(key)
    if (nodeName === "") return
    this.#nodeOfPod.set(key, nodeName)
    const pods = this.#podsOfNode.get(nodeName) ?? new Map<string, Pod>()
    this.#podsOfNode.set(nodeName, pods.set(key, pod))
  }

  /** The node it was nominated for. */
  remove(key: string): string | undefined {
    const nodeName = this.#nodeOfPod.get(key)
    if (nodeName === undefined) return undefined
    this.#nodeOfPod.delete(key)
    const pods = this.#podsOfNode.get(nodeName)
    pods?.delete(key)
    if (pods?.size === 0) this.#podsOfNode.delete(nodeName)
    return nodeName
  }
}

const NOBODY: readonly Pod[] = []
