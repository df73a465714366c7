import type {
  NetworkPolicy,
  NetworkPolicyEgressRule,
  NetworkPolicyIngressRule,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from "../../api/networking/v1/network-policy.ts"
import type { AddressRange } from "../../machinery/net/address-range.ts"
import {
  compileLabelSelector,
  formatLabelSelector,
  type LabelSelector,
} from "../../machinery/selectors/label-selector.ts"
import type { Family } from "../family.ts"
import { chainName, digest } from "../nft-names.ts"
import type { Items } from "../rule-book.ts"
import { type Block, formatRanges, rangesOf, union } from "./address-blocks.ts"
import { addressSet, type Direction, EGRESS_ALLOWED, portSet } from "./rules.ts"

/** Pods that a rule names by labels. The same for all rules with the same words, so that pods are looked for once. */
export interface PeerSelector {
  /** The set of the pods' addresses. */
  readonly set: string
  /** The pods' namespace, or which namespaces. */
  readonly namespace: string | LabelSelector
  readonly pods: LabelSelector
}

/** A port that pods call by a name of their own. */
export interface NamedPort {
  readonly set: string
  readonly protocol: string
  readonly name: string
}

/** A policy as far as it can be known without the pods. */
export interface CompiledPolicy {
  readonly namespace: string
  readonly selects: LabelSelector
  /** The chain with what it allows, for each direction that it restricts. */
  readonly chains: Readonly<Partial<Record<Direction, string>>>
  readonly selectors: readonly PeerSelector[]
  readonly namedPorts: readonly NamedPort[]
  readonly items: Items
}

/** From an address of a machine to another that its packets may come from. */
export type Aliases = (ranges: readonly AddressRange[]) => readonly AddressRange[]

/** For the table of one family. Pure. Throws `SelectorError` for selectors that validation would have refused. */
export function compilePolicy(policy: NetworkPolicy, family: Family, aliases: Aliases = () => []): CompiledPolicy {
  const { namespace = "", name } = policy.metadata
  const { podSelector, policyTypes, ingress = [], egress = [] } = policy.spec
  const types = policyTypes ?? (egress.length > 0 ? ["Ingress", "Egress"] : ["Ingress"])
  const compiler = new RuleCompiler(namespace, family, aliases)
  const items = new Map<string, string>()
  const chains: Partial<Record<Direction, string>> = {}
  const add = (direction: Direction, lines: readonly string[]) => {
    const chain = `${direction}-${chainName(`${namespace}/${name}`)}`
    chains[direction] = chain
    // A chain that allows nothing still says so.
    items.set(`chain ${chain}`, (lines.length > 0 ? lines : ["return"]).join("\n"))
  }
  if (types.includes("Ingress"))
    add(
      "ingress",
      ingress.flatMap((rule) => compiler.ingress(rule)),
    )
  if (types.includes("Egress"))
    add(
      "egress",
      egress.flatMap((rule) => compiler.egress(rule)),
    )
  for (const { set } of compiler.selectors.values()) items.set(`set ${set}`, addressSet(family))
  for (const { set } of compiler.namedPorts.values()) items.set(`set ${set}`, portSet(family))
  return {
    namespace,
    selects: compileLabelSelector(podSelector ?? {}),
    chains,
    selectors: [...compiler.selectors.values()],
    namedPorts: [...compiler.namedPorts.values()],
    items,
  }
}

class RuleCompiler {
  readonly selectors = new Map<string, PeerSelector>()
  readonly namedPorts = new Map<string, NamedPort>()
  readonly #namespace: string
  readonly #family: Family
  readonly #aliases: Aliases

  constructor(namespace: string, family: Family, aliases: Aliases) {
    this.#namespace = namespace
    this.#family = family
    this.#aliases = aliases
  }

  ingress({ from = [], ports = [] }: NetworkPolicyIngressRule): string[] {
    return this.#lines(`${this.#family.nft} saddr`, from, ports, "accept")
  }

  egress({ to = [], ports = [] }: NetworkPolicyEgressRule): string[] {
    return this.#lines(`${this.#family.nft} daddr`, to, ports, `goto ${EGRESS_ALLOWED}`)
  }

  /** Every way in which a packet can match: one of the peers, and one of the ports. */
  #lines(
    address: string,
    peers: readonly NetworkPolicyPeer[],
    ports: readonly NetworkPolicyPort[],
    verdict: string,
  ): string[] {
    const peerMatches = peers.length === 0 ? [""] : this.#peers(peers).map((set) => `${address} ${set}`)
    const portMatches = ports.length === 0 ? [""] : this.#ports(ports)
    return peerMatches.flatMap((peer) => portMatches.map((port) => [peer, port, verdict].filter(Boolean).join(" ")))
  }

  #peers(peers: readonly NetworkPolicyPeer[]): string[] {
    const blocks = peers.flatMap(({ ipBlock }): Block[] => (ipBlock ? [ipBlock] : []))
    const own = rangesOf(blocks, this.#family.name)
    const ranges = union([...own, ...this.#aliases(own)])
    const sets = peers.flatMap((peer) => (peer.ipBlock ? [] : [`@${this.#selector(peer).set}`]))
    return [...new Set(sets), ...(ranges.length > 0 ? [`{ ${formatRanges(ranges)} }`] : [])]
  }

  #selector({ podSelector, namespaceSelector }: NetworkPolicyPeer): PeerSelector {
    const pods = podSelector ?? {}
    const where = namespaceSelector ? `in ${formatLabelSelector(namespaceSelector)}` : `of ${this.#namespace}`
    const text = `${where}: ${formatLabelSelector(pods)}`
    return this.selectors.getOrInsertComputed(text, () => ({
      set: `peers-${digest(text)}`,
      namespace: namespaceSelector ? compileLabelSelector(namespaceSelector) : this.#namespace,
      pods: compileLabelSelector(pods),
    }))
  }

  #ports(ports: readonly NetworkPolicyPort[]): string[] {
    const numbers = new Map<string, AddressRange[]>()
    const matches = new Set<string>()
    for (const { protocol: spelled = "TCP", port, endPort } of ports) {
      const protocol = spelled.toLowerCase()
      if (port === undefined) matches.add(`meta l4proto ${protocol}`)
      else if (typeof port === "string")
        matches.add(`${this.#family.nft} daddr . meta l4proto . th dport @${this.#named(protocol, port)}`)
      else numbers.getOrInsertComputed(protocol, () => []).push({ first: BigInt(port), last: BigInt(endPort ?? port) })
    }
    for (const [protocol, ranges] of numbers) {
      const text = union(ranges).map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`))
      matches.add(`${protocol} dport { ${text.join(", ")} }`)
    }
    return [...matches]
  }

  #named(protocol: string, name: string): string {
    const set = `port-${protocol}-${name}`
    this.namedPorts.set(set, { set, protocol, name })
    return set
  }
}
