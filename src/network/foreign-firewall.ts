import { type NftChain, readChains } from "../platform/linux/netlink/ruleset.ts"
import { familyFor } from "./family.ts"
import type { Nft } from "./nft.ts"

/**
 * A firewall of the machine's owner (Docker, ufw, firewalld, a hand-written one) whose base chain drops what it does not
 * know, by its policy or by its last rule, also drops our packets: accepting them in a table of ours does not overrule
 * it. So, as CNI's `firewall` plugin and Docker do, one rule per interface and direction is put in front of such chains.
 * Chains that accept what they do not know are left alone, and so is what their own rules refuse after ours are gone.
 */
export interface Admission {
  /** Stands in the comment of each rule, so that the rules are found again. Letters, digits, dashes. */
  readonly name: string
  /** What these receive is forwarded, and what is forwarded to them. */
  readonly forward: readonly string[]
  /** What these receive may reach the machine itself. */
  readonly input: readonly string[]
  /** What the machine itself listens on, for others of the cluster. */
  readonly ports?: readonly OpenPort[]
}

export interface OpenPort {
  readonly protocol: "tcp" | "udp"
  readonly port: number
  /** Who may reach it: a range of addresses. */
  readonly from: string
}

interface Rule {
  readonly family: string
  readonly table: string
  readonly chain: string
  readonly handle: number
  readonly comment?: string
  /** What is matched, and what is done, each under a name of its own. */
  readonly expr?: readonly object[]
}

/**
 * Makes dropping firewalls let our packets through. May be repeated. Returns the chains that it changed, for the log.
 * `netns`: the same as the writer's.
 */
export async function admitThroughFirewalls(nft: Nft, admission: Admission, netns?: string): Promise<string[]> {
  const { chains, rules } = await readFirewalls(nft, netns)
  const lines: string[] = []
  const changed = new Set<string>()
  for (const chain of chains) {
    for (const { match, comment } of wanted(chain, admission)) {
      const there = rules.some((rule) => isIn(rule, chain) && rule.comment === comment)
      if (there) continue
      lines.push(`insert rule ${nameOf(chain)} ${match} accept comment "${comment}"`)
      changed.add(nameOf(chain))
    }
  }
  if (lines.length > 0) await nft.apply(`${lines.join("\n")}\n`)
  return [...changed]
}

/** Takes the rules away again. Succeeds when there are none. */
export async function withdrawFromFirewalls(nft: Nft, name: string, netns?: string): Promise<void> {
  const { rules } = await readFirewalls(nft, netns)
  const ours = rules.filter((rule) => rule.comment?.startsWith(commentPrefix(name)))
  if (ours.length === 0) return
  const lines = ours.map(
    ({ family, table, chain, handle }) => `delete rule ${family} ${table} ${chain} handle ${handle}`,
  )
  await nft.apply(`${lines.join("\n")}\n`)
}

function wanted(chain: NftChain, { name, forward, input, ports = [] }: Admission) {
  const openPort = ({ protocol, port, from }: OpenPort) => ({
    match: `${familyFor(from).nft} saddr ${from} ${protocol} dport ${port}`,
    comment: `${commentPrefix(name)}${protocol} ${port} from ${from}`,
  })
  const rule = (direction: string, device: string) => ({
    match: `${direction} "${device}"`,
    comment: `${commentPrefix(name)}${direction} ${device}`,
  })
  const own = ports.filter(({ from }) => chain.family === "inet" || chain.family === familyFor(from).nft)
  if (chain.hook === "input") return [...input.map((device) => rule("iifname", device)), ...own.map(openPort)]
  if (chain.hook !== "forward") return []
  return forward.flatMap((device) => [rule("iifname", device), rule("oifname", device)])
}

function commentPrefix(name: string): string {
  return `gantry ${name}: `
}

/** Whether a table is a cluster's, this one's or another's, which all refuse what they know only. */
export const isClusterTable = (name: string): boolean => /^[a-z].*-(pods|ports|services|policies|nodes)$/.test(name)

/** The chains that drop what they do not know, and their rules only: other tables may hold ten thousand services. */
async function readFirewalls(
  nft: Nft,
  netns: string | undefined,
): Promise<{ readonly chains: readonly NftChain[]; readonly rules: readonly Rule[] }> {
  const judging = readChains(netns).filter(mayJudge)
  const rulesOf = async ({ family, table, name }: NftChain) => {
    const objects = await nft.listJson("chain", family, table, name)
    return (objects as readonly { readonly rule?: Rule }[]).flatMap(({ rule }) => rule ?? [])
  }
  const read = await Promise.all(judging.map(async (chain) => ({ chain, rules: await rulesOf(chain) })))
  const dropping = read.filter(({ chain, rules }) => chain.drops || dropsAll(rules.at(-1)))
  return { chains: dropping.map(({ chain }) => chain), rules: dropping.flatMap(({ rules }) => rules) }
}

function mayJudge({ drops, family, hook, isEmpty, table }: NftChain): boolean {
  const isHooked = hook === "forward" || hook === "input"
  const isOfIp = ["ip", "ip6", "inet"].includes(family)
  return isHooked && isOfIp && !isClusterTable(table) && (drops || !isEmpty)
}

/** Whether a rule refuses whatever reaches it. */
function dropsAll({ expr = [] }: Partial<Rule> = {}): boolean {
  const words = expr.flatMap((each) => Object.keys(each))
  const last = words.at(-1) ?? ""
  return ["drop", "reject"].includes(last) && words.slice(0, -1).every((word) => ["counter", "log"].includes(word))
}

function isIn(rule: Rule, chain: NftChain): boolean {
  return rule.family === chain.family && rule.table === chain.table && rule.chain === chain.name
}

function nameOf(chain: NftChain): string {
  return `${chain.family} ${chain.table} ${chain.name}`
}
