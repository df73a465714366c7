import { openConntrack } from "../../platform/linux/netlink/conntrack.ts"
import type { Processes } from "../../platform/processes.ts"
import type { Finding } from "./checks.ts"

interface Need {
  /** What the kernel must be able to do, as a table that nobody will ever see. */
  readonly table: string
  readonly name: string
  readonly state: "limited" | "missing"
  readonly cost: string
  readonly module: string
}

const chain = (family: string, hook: string, rule: string) =>
  `table ${family} gantry-doctor { chain c { type ${hook}; ${rule}; }; }`
const filter = (family: string, rule: string) => chain(family, "filter hook forward priority 0", rule)

const NEEDS: readonly Need[] = [
  ...(["ip", "ip6"] as const).flatMap((family): Need[] => {
    const [state, pods] = family === "ip" ? (["missing", "pods"] as const) : (["limited", "pods with IPv6"] as const)
    const version = family === "ip" ? "ipv4" : "ipv6"
    return [
      {
        table: chain(family, "nat hook postrouting priority 100", "masquerade"),
        name: `masquerade (${family})`,
        state,
        cost: `${pods} reach no services and not the world`,
        module: "nft_masq",
      },
      {
        table: filter(family, "fib daddr type local accept"),
        name: `fib (${family})`,
        state,
        cost: `${pods} have no node ports and no host ports`,
        module: `nft_fib_${version}`,
      },
      {
        table: filter(family, "meta l4proto tcp reject with tcp reset"),
        name: `reject (${family})`,
        state,
        cost: `${pods} wait for services that have no endpoints`,
        module: `nft_reject_${version}`,
      },
    ]
  }),
  {
    table: filter("ip", "ct state invalid drop"),
    name: "ct",
    state: "missing",
    cost: "network policies cannot tell answers from questions",
    module: "nft_ct",
  },
  {
    table: filter("ip", "numgen random mod 2 vmap { 0 : accept, 1 : drop }"),
    name: "numgen",
    state: "missing",
    cost: "services cannot choose between endpoints",
    module: "nft_numgen",
  },
  {
    table: filter("bridge", "ether type arp arp saddr ip 192.0.2.1 drop"),
    name: "bridge",
    state: "limited",
    cost: "pods that may send raw frames can pass for others",
    module: "nf_tables_bridge",
  },
]

/** Whether the kernel can do what the rules of pods and services ask for. It is asked, and changes nothing. */
export async function examineRules(processes: Pick<Processes, "run">): Promise<Finding[]> {
  const about = "rules"
  const fix = (module: string) => `load it with modprobe ${module}, or use another kernel`
  const findings: Finding[] = []
  for (const { cost, module, name, state, table } of NEEDS) {
    const { code } = await processes.run("nft", ["-c", "-f", "-"], { input: `${table}\n` })
    if (code === 0) continue
    findings.push({ state, about, text: `nftables has no ${name} here: ${cost}`, fix: fix(module) })
  }
  if (!hasConntrackSocket()) {
    const text = "connections cannot be listed: UDP clients may stay with endpoints of the past"
    findings.push({ state: "limited", about, text, fix: fix("nf_conntrack_netlink") })
  }
  return findings.length > 0 ? findings : [{ state: "good", about, text: "nftables has all that is needed" }]
}

function hasConntrackSocket(): boolean {
  try {
    const conntrack = openConntrack("IPv4")
    try {
      conntrack.flows(17)
    } finally {
      conntrack.close()
    }
    return true
  } catch {
    return false
  }
}
