import type { Pod } from "../../api/core/v1/pod.ts"
import type { NodeState } from "../node-state.ts"

/** Which pods are counted by which label of their nodes. */
export interface TallySpec {
  /** Two specs with the same key count the same. */
  readonly key: string
  readonly topologyKey: string
  readonly countsPod: (pod: Pod) => boolean
  /** Absent: every node that has the label. */
  readonly includesNode?: (node: NodeState) => boolean
  /** Whether labels of namespaces play a part: the tally is made anew when these change. */
  readonly selectsNamespaces?: boolean
}

/** How many pods of some sort there are in each domain of a topology, kept up to date pod by pod. */
export class Tally {
  readonly spec: TallySpec
  readonly #domains = new Map<string, { nodes: number; pods: number }>()
  /** How many domains have so many pods, to know the least one without looking at all. */
  readonly #domainsByPods = new Map<number, number>()
  #least = 0
  #total = 0

  constructor(spec: TallySpec) {
    this.spec = spec
  }

  /** Domains with at least one node. */
  get domainCount(): number {
    return this.#domains.size
  }

  /** Pods of the domain with the fewest; 0 without any domain. */
  get least(): number {
    return this.#least
  }

  /** Pods in all domains. */
  get total(): number {
    return this.#total
  }

  podsIn(domain: string): number {
    return this.#domains.get(domain)?.pods ?? 0
  }

  /** The domain of a node; undefined: it is not counted. */
  domainOf(node: NodeState): string | undefined {
    const value = node.label(this.spec.topologyKey)
    return value === undefined || this.spec.includesNode?.(node) === false ? undefined : value
  }

  /** Counts, or with -1 no longer counts, a node with all of its pods. */
  addNode(node: NodeState, sign: 1 | -1): void {
    const domain = this.domainOf(node)
    if (domain === undefined) return
    let pods = 0
    for (const { pod } of node.pods.values()) if (this.spec.countsPod(pod)) pods++
    this.#change(domain, sign, sign * pods)
  }

  /** Counts, or with -1 no longer counts, a pod on a node that is counted already. */
  addPod(pod: Pod, node: NodeState, sign: 1 | -1): void {
    if (!this.spec.countsPod(pod)) return
    const domain = this.domainOf(node)
    if (domain !== undefined) this.#change(domain, 0, sign)
  }

  #change(domain: string, nodes: number, pods: number): void {
    const known = this.#domains.get(domain)
    const entry = known ?? { nodes: 0, pods: 0 }
    if (known === undefined) this.#domains.set(domain, entry)
    else this.#countDomain(entry.pods, -1)
    entry.nodes += nodes
    entry.pods += pods
    this.#total += pods
    if (entry.nodes > 0) {
      this.#countDomain(entry.pods, 1)
      if (entry.pods < this.#least || this.#domains.size === 1) this.#least = entry.pods
    } else this.#domains.delete(domain)
    if (!this.#domainsByPods.has(this.#least)) this.#least = this.#fewest()
  }

  #countDomain(pods: number, change: 1 | -1): void {
    const domains = (this.#domainsByPods.get(pods) ?? 0) + change
    if (domains === 0) this.#domainsByPods.delete(pods)
    else this.#domainsByPods.set(pods, domains)
  }

  #fewest(): number {
    let fewest = Number.POSITIVE_INFINITY
    for (const pods of this.#domainsByPods.keys()) if (pods < fewest) fewest = pods
    return fewest === Number.POSITIVE_INFINITY ? 0 : fewest
  }
}
