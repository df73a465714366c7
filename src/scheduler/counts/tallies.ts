import type { Pod } from "../../api/core/v1/pod.ts"
import { NewestMap } from "../../machinery/newest-map.ts"
import type { NodeState } from "../node-state.ts"
import { Tally, type TallySpec } from "./tally.ts"

/** More sorts of pods than this are counted anew when they are asked for again. */
const TALLIES_MAX = 256

/** The tallies that pods asked for lately. Each costs a little with every change; making one anew looks at every pod. */
export class Tallies {
  readonly #tallies = new NewestMap<string, Tally>(TALLIES_MAX)
  readonly #nodes: ReadonlyMap<string, NodeState>

  constructor(nodes: ReadonlyMap<string, NodeState>) {
    this.#nodes = nodes
  }

  get(spec: TallySpec): Tally {
    let tally = this.#tallies.get(spec.key)
    if (tally === undefined) {
      tally = new Tally(spec)
      for (const node of this.#nodes.values()) tally.addNode(node, 1)
    }
    this.#tallies.set(spec.key, tally)
    return tally
  }

  addNode(node: NodeState, sign: 1 | -1): void {
    for (const tally of this.#tallies.values()) tally.addNode(node, sign)
  }

  addPod(pod: Pod, node: NodeState, sign: 1 | -1): void {
    for (const tally of this.#tallies.values()) tally.addPod(pod, node, sign)
  }

  /** Labels of a namespace changed. */
  forgetNamespaceSelecting(): void {
    for (const [key, { spec }] of this.#tallies) if (spec.selectsNamespaces) this.#tallies.delete(key)
  }
}
