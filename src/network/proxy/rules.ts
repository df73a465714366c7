import { bitsOf, parseAddress } from "../../machinery/net/cidr.ts"
import { type Family, familyFor, toNode } from "../family.ts"
import type { BaseTable } from "../rule-book.ts"

export type FrontendMap = "service-ips" | "node-ports"

/**
 * Services with more endpoints get a chain of their own. Below that a service is only elements in shared maps, which
 * costs the kernel the same whether there are ten services or ten thousand.
 */
export const SLOTS = 32

/** The bit that marks packets which need this node's address as their source; the one that Kubernetes uses. */
const MASQUERADE_BIT = "0x4000"
export const MARK_FOR_MASQUERADE = `meta mark set meta mark or ${MASQUERADE_BIT}`

const frontendOf = ({ nft }: Family): string => `${nft} daddr . meta l4proto . th dport`
const NODE_FRONTEND = "meta l4proto . th dport"

export interface TableFacts {
  readonly serviceCidr: string
  readonly clusterCidr: string
  /** Where the node's DNS server listens, in this family. */
  readonly dns?: { readonly address: string; readonly port: number }
}

/** The maps and chains that all services share, in the family of the ranges. `table`: its family and its name. */
export function serviceTable(table: string, facts: TableFacts): BaseTable {
  const family = familyFor(facts.serviceCidr)
  const maps = [...baseMaps(family)]
  const chains = baseChains(facts, family)
  const declare = [
    ...maps.map(([name, { kind, type }]) => `  ${kind} ${name} { type ${type}; }`),
    ...chains.map(({ name, hook = "" }) => `  chain ${name} { ${hook} }`),
  ]
  const empty = [
    ...chains.map(({ name }) => `flush chain ${table} ${name}`),
    ...maps.map(([name, { kind }]) => `flush ${kind} ${table} ${name}`),
  ]
  const fill = chains.map(({ name, rules }) => `  chain ${name} {\n    ${rules.join("\n    ")}\n  }`)
  const block = (lines: readonly string[]) => `table ${table} {\n${lines.join("\n")}\n}`
  return {
    text: `${block(declare)}\n${empty.join("\n")}\n${block(fill)}\n`,
    names: new Set([...chains.map(({ name }) => name), ...maps.map(([name]) => name)]),
  }
}

/** Declares a set of clients that forgets each so many seconds after its last packet. */
export const clientSet = ({ address }: Family, seconds: number): string =>
  `type ${address}; flags dynamic,timeout; timeout ${seconds}s; size 65535;`

function* baseMaps({ address }: Family): Generator<[string, { readonly kind: "map" | "set"; readonly type: string }]> {
  const frontend = `${address} . inet_proto . inet_service`
  const nodeFrontend = "inet_proto . inet_service"
  yield ["service-ips", { kind: "map", type: `${frontend} : verdict` }]
  yield ["node-ports", { kind: "map", type: `${nodeFrontend} : verdict` }]
  yield ["refused-ips", { kind: "set", type: frontend }]
  yield ["refused-node-ports", { kind: "set", type: nodeFrontend }]
  yield ["hairpin", { kind: "set", type: `${address} . ${address}` }]
  for (let slot = 0; slot < SLOTS; slot++) {
    yield [`endpoints-${slot}`, { kind: "map", type: `${frontend} : ${address} . inet_service` }]
    yield [`node-endpoints-${slot}`, { kind: "map", type: `${nodeFrontend} : ${address} . inet_service` }]
  }
}

interface BaseChain {
  readonly name: string
  readonly hook?: string
  readonly rules: readonly string[]
}

function baseChains({ serviceCidr, clusterCidr, dns }: TableFacts, family: Family): BaseChain[] {
  const { nft, icmp } = family
  const frontend = frontendOf(family)
  const refused = [
    `${frontend} @refused-ips goto refuse`,
    `${toNode(family)} ${NODE_FRONTEND} @refused-node-ports goto refuse`,
  ]
  const filter = (name: string, hook: string, more: readonly string[] = []): BaseChain => ({
    name,
    hook: `type filter hook ${hook} priority filter; policy accept;`,
    rules: [...more, ...refused],
  })
  return [
    // Reject does not work where addresses are translated, so what has no endpoint passes there and ends here.
    { name: "refuse", rules: ["meta l4proto tcp reject with tcp reset", `reject with ${icmp} type port-unreachable`] },
    filter("refuse-input", "input"),
    filter("refuse-forward", "forward", [
      // Not to be translated any more, so the receiver would not know the connection and reset it.
      `${nft} daddr ${clusterCidr} ct state invalid drop`,
      `${nft} saddr ${clusterCidr} ct state invalid drop`,
    ]),
    filter("refuse-output", "output"),
    {
      // `curl localhost:<nodePort>` needs route_localnet, which would let neighbours reach what listens on localhost. The
      // kernel has no such thing for IPv6.
      name: "localnet-fence",
      hook: "type filter hook prerouting priority raw; policy accept;",
      rules: nft === "ip" ? ['iifname != "lo" ip daddr 127.0.0.0/8 drop'] : [],
    },
    {
      // While the DNS server restarts, questions get no answer instead of a refusal: then resolvers ask again. Before
      // translation, where an error still holds the address and port that the server has.
      name: "patient-dns",
      hook: "type filter hook output priority raw; policy accept;",
      rules: dns ? patientDns(dns, family) : [],
    },
    ...slotChains(nft, "", frontend, "endpoints", []),
    ...slotChains(nft, "node-", NODE_FRONTEND, "node-endpoints", [MARK_FOR_MASQUERADE]),
    ...counts().map((count) => ({
      name: `masquerade-pick-${count}`,
      rules: [MARK_FOR_MASQUERADE, `goto pick-${count}`],
    })),
    {
      name: "services",
      rules: [
        // From outside the cluster: the answer must come back through this node.
        `${nft} daddr ${serviceCidr} ${nft} saddr != ${clusterCidr} ${MARK_FOR_MASQUERADE}`,
        `${frontend} vmap @service-ips`,
        `${toNode(family)} ${NODE_FRONTEND} vmap @node-ports`,
      ],
    },
    { name: "prerouting", hook: "type nat hook prerouting priority dstnat; policy accept;", rules: ["jump services"] },
    { name: "output", hook: "type nat hook output priority -100; policy accept;", rules: ["jump services"] },
    {
      name: "postrouting",
      hook: "type nat hook postrouting priority srcnat; policy accept;",
      rules: [
        // A pod that reaches itself by way of a service must not see its own address as its client's.
        `${nft} saddr . ${nft} daddr @hairpin masquerade fully-random`,
        `meta mark and ${MASQUERADE_BIT} == 0 return`,
        // The mark must not follow the packet into a tunnel.
        `meta mark set meta mark xor ${MASQUERADE_BIT}`,
        "masquerade fully-random",
      ],
    },
  ]
}

/** An ICMP error repeats the IP header and the ports of what it is about, behind its own header of 8 bytes. */
function patientDns({ address, port }: NonNullable<TableFacts["dns"]>, family: Family): string[] {
  const { nft, icmp, headerBytes } = family
  const bits = bitsOf(family.name)
  const number = BigInt.asUintN(bits, parseAddress(address))
  // The header ends in the address that the packet went to, and the port it went to is the second thing behind.
  const end = (8 + headerBytes) * 8
  const about = `@th,${end - bits},${bits} ${number} @th,${end + 16},16 ${port}`
  return [
    `${icmp} type destination-unreachable ${icmp} code port-unreachable ${about} drop`,
    `${nft} saddr ${address} tcp sport ${port} tcp flags & rst == rst drop`,
  ]
}

/** `pick-3` chooses one of three slots; `slot-1` looks up which endpoint the frontend has in slot 1. */
function slotChains(
  nft: string,
  prefix: string,
  frontend: string,
  maps: string,
  before: readonly string[],
): BaseChain[] {
  const slots = counts().map((count) => {
    const slot = count - 1
    const to = (taken: number) => `dnat ${nft} addr . port to ${frontend} map @${maps}-${taken}`
    // A change may take effect between the choice of a slot and the look into it. The first slot is never empty.
    return { name: `${prefix}slot-${slot}`, rules: slot === 0 ? [to(0)] : [to(slot), to(0)] }
  })
  const picks = counts().map((count) => {
    const verdicts = Array.from({ length: count }, (_, slot) => `${slot} : goto ${prefix}slot-${slot}`)
    return {
      name: `${prefix}pick-${count}`,
      rules: [...before, `numgen random mod ${count} vmap { ${verdicts.join(", ")} }`],
    }
  })
  return [...slots, ...picks]
}

function counts(): number[] {
  return Array.from({ length: SLOTS }, (_, index) => index + 1)
}
