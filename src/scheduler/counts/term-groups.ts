import type { NodeState, PlacedPod } from "../node-state.ts"
import type { AffinityTerm } from "./affinity-terms.ts"

/** A term that pods on nodes have, and how many of them there are by the value of its label on their nodes. */
export interface TermGroup {
  readonly term: AffinityTerm
  readonly podsByDomain: ReadonlyMap<string, number>
}

interface CountedGroup extends TermGroup {
  readonly podsByDomain: Map<string, number>
}

/**
 * The affinity terms of all pods on nodes. Pods of one workload have the same terms, so a new pod is matched against few
 * groups instead of every pod.
 */
export class TermGroups {
  /** Terms that keep pods away are asked for by every pod, before anything is scored. */
  readonly #repelling = new Map<string, CountedGroup>()
  readonly #others = new Map<string, CountedGroup>()

  repelling(): Iterable<TermGroup> {
    return this.#repelling.values()
  }

  /** Those that only count when nodes are scored. */
  others(): Iterable<TermGroup> {
    return this.#others.values()
  }

  get hasOthers(): boolean {
    return this.#others.size > 0
  }

  add({ terms }: PlacedPod, node: NodeState, sign: 1 | -1): void {
    for (const term of terms) {
      const domain = node.label(term.topologyKey)
      if (domain !== undefined) this.#count(term, domain, sign)
    }
  }

  #count(term: AffinityTerm, domain: string, sign: 1 | -1): void {
    const groups = term.role === "must-be-apart" ? this.#repelling : this.#others
    let group = groups.get(term.key)
    if (group === undefined) groups.set(term.key, (group = { term, podsByDomain: new Map() }))
    const pods = (group.podsByDomain.get(domain) ?? 0) + sign
    if (pods === 0) group.podsByDomain.delete(domain)
    else group.podsByDomain.set(domain, pods)
    if (group.podsByDomain.size === 0) groups.delete(term.key)
  }
}
