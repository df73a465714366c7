import type { NetworkPolicy } from "../../api/networking/v1/network-policy.ts"
import type { AddressRange } from "../../machinery/net/address-range.ts"
import { cidrContains, parseAddress, parseCidr } from "../../machinery/net/cidr.ts"
import { type Family, familyFor } from "../family.ts"
import { digest } from "../nft-names.ts"
import type { RuleBook } from "../rule-book.ts"
import { type CompiledPolicy, compilePolicy, type PeerSelector } from "./compile-policy.ts"
import { DENIED, type Direction } from "./rules.ts"

export type Labels = Readonly<Record<string, string>>

/** A pod, as far as policies are about it. */
export interface PolicyPod {
  readonly uid: string
  readonly namespace: string
  readonly labels: Labels
  readonly ip: string
  /** Those with a name. Unknown before the API tells. */
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[]
  /** Its containers have ended for good: its address means nobody. */
  readonly ended?: boolean
}

interface Known {
  pod: PolicyPod
  /** The sets of the selectors that it matches. */
  readonly sets: Set<string>
}

interface Selector extends PeerSelector {
  users: number
}

/** A node of the cluster whose programs' packets may come from the address of its tunnel. Both of one family. */
export interface NodeAlias {
  readonly address: string
  readonly tunnel: string
}

const DIRECTIONS: readonly Direction[] = ["ingress", "egress"]

/**
 * What is known of policies, namespaces and pods, and what follows from it, in a rule book. Each change costs what it
 * changes: a pod is held against every selector once, a new selector against every pod once.
 */
export class PolicyState {
  readonly #book: RuleBook
  readonly #family: Family
  readonly #ownRange: ReturnType<typeof parseCidr>
  readonly #policies = new Map<string, CompiledPolicy>()
  readonly #sources = new Map<string, NetworkPolicy>()
  readonly #byNamespace = new Map<string, Map<string, CompiledPolicy>>()
  readonly #namespaces = new Map<string, Labels>()
  readonly #pods = new Map<string, Known>()
  readonly #podsIn = new Map<string, Set<string>>()
  readonly #selectors = new Map<string, Selector>()
  readonly #namedPorts = new Map<string, number>()
  #nodes: readonly NodeAlias[] = []

  /** `podCidr`: the range of this node's pods, the ones that are protected here. All addresses are of its family. */
  constructor(book: RuleBook, podCidr: string) {
    this.#book = book
    this.#family = familyFor(podCidr)
    this.#ownRange = parseCidr(podCidr)
  }

  get policies(): ReadonlyMap<string, NetworkPolicy> {
    return this.#sources
  }

  /** By `namespace/name`. */
  setPolicy(key: string, policy: NetworkPolicy): void {
    this.#sources.set(key, policy)
    this.#replacePolicy(
      key,
      compilePolicy(policy, this.#family, (ranges) => this.#tunnelsOf(ranges)),
    )
  }

  removePolicy(key: string): void {
    this.#sources.delete(key)
    this.#replacePolicy(key, undefined)
  }

  setNamespace(name: string, labels: Labels | undefined): void {
    if (labels === undefined) this.#namespaces.delete(name)
    else this.#namespaces.set(name, labels)
    for (const id of this.#podsIn.get(name) ?? []) this.#judge(id)
  }

  /** `id`: whoever tells of the pod has one for it; of one pod several may tell. */
  setPod(id: string, pod: PolicyPod): void {
    const before = this.#pods.get(id)
    if (before !== undefined && before.pod.namespace !== pod.namespace) this.removePod(id)
    this.#pods.set(id, { pod, sets: before?.sets ?? new Set() })
    this.#podsIn.getOrInsertComputed(pod.namespace, () => new Set()).add(id)
    this.#judge(id)
  }

  removePod(id: string): void {
    const known = this.#pods.get(id)
    if (known === undefined) return
    this.#pods.delete(id)
    this.#podsIn.get(known.pod.namespace)?.delete(id)
    this.#book.set(ownerOf(id), NOTHING)
  }

  setNodes(nodes: readonly NodeAlias[]): void {
    if (JSON.stringify(nodes) === JSON.stringify(this.#nodes)) return
    this.#nodes = nodes
    for (const [key, policy] of this.#sources) this.setPolicy(key, policy)
  }

  #replacePolicy(key: string, policy: CompiledPolicy | undefined): void {
    const before = this.#policies.get(key)
    // The new ones first: a selector that stays is not taken away in between.
    for (const selector of policy?.selectors ?? []) this.#useSelector(selector)
    const portsBefore = this.#namedPorts.size
    for (const { set } of policy?.namedPorts ?? []) this.#namedPorts.set(set, (this.#namedPorts.get(set) ?? 0) + 1)
    const portsBetween = this.#namedPorts.size
    for (const { set } of before?.namedPorts ?? []) release(this.#namedPorts, set)
    const portsChanged = portsBetween > portsBefore || portsBetween > this.#namedPorts.size
    this.#book.set(`policy ${key}`, policy?.items ?? NOTHING)
    if (policy === undefined) this.#policies.delete(key)
    else this.#policies.set(key, policy)
    const namespace = policy?.namespace ?? before?.namespace ?? ""
    const inNamespace = this.#byNamespace.getOrInsertComputed(namespace, () => new Map())
    if (policy === undefined) inNamespace.delete(key)
    else inNamespace.set(key, policy)
    for (const { set } of before?.selectors ?? []) this.#dropSelector(set)
    const touched = portsChanged ? this.#pods.keys() : (this.#podsIn.get(namespace) ?? [])
    for (const id of touched) {
      const { pod } = this.#pods.get(id) ?? {}
      const isOurs = pod !== undefined && pod.namespace === namespace && this.#isHere(pod)
      if (isOurs || (portsChanged && (pod?.ports.length ?? 0) > 0)) this.#tell(id)
    }
  }

  #useSelector(selector: PeerSelector): void {
    const present = this.#selectors.get(selector.set)
    if (present !== undefined) {
      present.users++
      return
    }
    this.#selectors.set(selector.set, { ...selector, users: 1 })
    for (const [id, known] of this.#pods) {
      if (!this.#matches(selector, known.pod)) continue
      known.sets.add(selector.set)
      this.#tell(id)
    }
  }

  #dropSelector(set: string): void {
    const selector = this.#selectors.get(set)
    if (selector === undefined || --selector.users > 0) return
    this.#selectors.delete(set)
    for (const [id, known] of this.#pods) if (known.sets.delete(set)) this.#tell(id)
  }

  #matches({ namespace, pods }: PeerSelector, pod: PolicyPod): boolean {
    if (typeof namespace === "string") return pod.namespace === namespace && pods.matches(pod.labels)
    const labels = this.#namespaces.get(pod.namespace)
    return labels !== undefined && namespace.matches(labels) && pods.matches(pod.labels)
  }

  #judge(id: string): void {
    const known = this.#pods.get(id)
    if (known === undefined) return
    known.sets.clear()
    for (const selector of this.#selectors.values()) {
      if (this.#matches(selector, known.pod)) known.sets.add(selector.set)
    }
    this.#tell(id)
  }

  /** What a pod puts into the kernel. */
  #tell(id: string): void {
    const known = this.#pods.get(id)
    if (known === undefined) return
    const { pod, sets } = known
    const items = new Map<string, string>()
    if (!pod.ended) {
      for (const set of sets) items.set(`element ${set} ${pod.ip}`, "")
      for (const { name, protocol, port } of pod.ports) {
        const set = `port-${protocol.toLowerCase()}-${name}`
        if (this.#namedPorts.has(set)) items.set(`element ${set} ${pod.ip} . ${protocol.toLowerCase()} . ${port}`, "")
      }
    }
    if (this.#isHere(pod)) this.#isolate(pod, items)
    this.#book.set(ownerOf(id), items)
  }

  #isolate(pod: PolicyPod, items: Map<string, string>): void {
    const policies = [...(this.#byNamespace.get(pod.namespace)?.values() ?? [])].filter(({ selects }) =>
      selects.matches(pod.labels),
    )
    for (const direction of DIRECTIONS) {
      const chains = policies.flatMap(({ chains }) => chains[direction] ?? []).sort()
      if (chains.length === 0) continue
      // Pods with the same policies share a chain.
      const chain = `pod-${direction}-${digest(chains.join(" "))}`
      items.set(`chain ${chain}`, [...chains.map((name) => `jump ${name}`), `goto ${DENIED}`].join("\n"))
      items.set(`element ${direction} ${pod.ip}`, `goto ${chain}`)
      items.set(`element own-addresses ${pod.ip} . ${pod.ip}`, "")
    }
  }

  #isHere({ ip }: PolicyPod): boolean {
    return cidrContains(this.#ownRange, parseAddress(ip))
  }

  #tunnelsOf(ranges: readonly AddressRange[]): AddressRange[] {
    return this.#nodes.flatMap(({ address, tunnel }) => {
      const number = parseAddress(address)
      const own = parseAddress(tunnel)
      return ranges.some(({ first, last }) => number >= first && number <= last) ? [{ first: own, last: own }] : []
    })
  }
}

const NOTHING: ReadonlyMap<string, string> = new Map()

const ownerOf = (id: string): string => `pod ${id}`

function release(users: Map<string, number>, key: string): void {
  const left = (users.get(key) ?? 0) - 1
  if (left > 0) users.set(key, left)
  else users.delete(key)
}
