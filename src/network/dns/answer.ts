import { isIPv4, isIPv6 } from "node:net"
import { type Cidr, cidrContains, parseAddress } from "../../machinery/net/cidr.ts"
import type { Query, Response } from "./message.ts"
import { isWithin } from "./name.ts"
import { CLASS_IN, type ResourceRecord, rcodes, types } from "./record.ts"
import { record } from "./service-records.ts"
import type { Zone } from "./zone.ts"

/** What to do with a query. `chase`: a name outside the cluster whose records of the asked type belong to the answer too. */
export type Verdict =
  | { readonly do: "answer"; readonly response: Response; readonly chase?: string }
  | { readonly do: "forward" }

export interface AnswerFacts {
  readonly zone: Zone
  /** Addresses whose names nobody else knows: the cluster's pods and services. */
  readonly ranges: readonly Cidr[]
  /** Which of several answers comes first, so that clients spread. */
  readonly rotation: number
}

/** CNAMEs inside the cluster are followed this far. */
const CNAME_HOPS_MAX = 8

/** Decides about a query. Pure. */
export function answer(query: Query, facts: AnswerFacts): Verdict {
  const { zone } = facts
  if ((query.edns?.version ?? 0) !== 0) return respond(rcodes.BADVERS)
  // Nobody gets a whole zone, neither ours nor, through us, that of somebody who trusts this machine.
  if (query.type === types.AXFR || query.type === types.IXFR) return respond(rcodes.REFUSED)
  const inZone = isWithin(query.name, zone.domain)
  if (!inZone && !isOwnReverse(query.name, facts.ranges)) return { do: "forward" }
  if (query.class !== CLASS_IN) return respond(rcodes.REFUSED)
  const authority = [zone.authority(inZone ? zone.domain : reverseZoneOf(query.name))]
  if (query.name === zone.domain && query.type === types.SOA) {
    return respond(rcodes.NOERROR, authority)
  }
  const answers: ResourceRecord[] = []
  let name = query.name
  for (let hop = 0; hop < CNAME_HOPS_MAX; hop++) {
    const found = zone.lookup(name) ?? podRecords(name, zone.domain)
    if (!found)
      return hop === 0 ? respond(rcodes.NXDOMAIN, [], authority) : respond(rcodes.NXDOMAIN, answers, authority)
    const matching = found.filter(({ data }) => query.type === types.ANY || types[data.type] === query.type)
    if (matching.length > 0) {
      const rotated = rotate(matching, facts.rotation)
      return respond(rcodes.NOERROR, [...answers, ...rotated], [], targetsOf(rotated, zone))
    }
    const [alias] = found.flatMap((entry) =>
      entry.data.type === "CNAME" ? [{ entry, target: entry.data.target }] : [],
    )
    if (!alias) return respond(rcodes.NOERROR, answers, authority)
    answers.push(alias.entry)
    name = alias.target
    if (!isWithin(name, zone.domain)) return { ...respond(rcodes.NOERROR, answers), chase: name }
  }
  return respond(rcodes.SERVFAIL)
}

function respond(
  rcode: number,
  answers: readonly ResourceRecord[] = [],
  authority: readonly ResourceRecord[] = [],
  additional: readonly ResourceRecord[] = [],
) {
  const authoritative = rcode === rcodes.NOERROR || rcode === rcodes.NXDOMAIN
  return { do: "answer" as const, response: { rcode, authoritative, answers, authority, additional } }
}

/** The addresses that whoever asked for servers asks for next. */
function targetsOf(answers: readonly ResourceRecord[], zone: Zone): ResourceRecord[] {
  const names = answers.flatMap(({ data }) => (data.type === "SRV" || data.type === "NS" ? [data.target] : []))
  const found = [...new Set(names)].flatMap((name) => zone.lookup(name) ?? [])
  return found.filter(({ data }) => data.type === "A" || data.type === "AAAA")
}

/** `10-244-0-2.default.pod.cluster.local` has the address that it says. */
function podRecords(name: string, domain: string): ResourceRecord[] | undefined {
  const suffix = `.pod.${domain}`
  // Pods' names are not listed, but the names above them exist.
  if (name === suffix.slice(1)) return []
  if (!name.endsWith(suffix)) return undefined
  const labels = name.slice(0, -suffix.length).split(".")
  if (labels.length === 1) return []
  if (labels.length > 2) return undefined
  const [host = ""] = labels
  const ipv4 = host.replaceAll("-", ".")
  if (isIPv4(ipv4)) return [record(name, { type: "A", address: ipv4 })]
  const ipv6 = host.replaceAll("-", ":")
  return isIPv6(ipv6) ? [record(name, { type: "AAAA", address: ipv6 })] : undefined
}

function isOwnReverse(name: string, ranges: readonly Cidr[]): boolean {
  const ip = name.endsWith(".arpa") ? addressOfReverse(name) : undefined
  if (ip === undefined) return false
  const address = parseAddress(ip)
  return ranges.some((range) => cidrContains(range, address))
}

/** `2.0.244.10.in-addr.arpa` means 10.244.0.2; in IPv6 each digit is a label of its own. Undefined: it means no address. */
function addressOfReverse(name: string): string | undefined {
  const zone = reverseZoneOf(name)
  const labels = name
    .slice(0, -zone.length - 1)
    .split(".")
    .toReversed()
  if (zone === IPV4_REVERSE) return isIPv4(labels.join(".")) ? labels.join(".") : undefined
  const isWhole = labels.length === 32 && labels.every((label) => /^[0-9a-f]$/.test(label))
  return isWhole ? (labels.join("").match(/.{4}/g) ?? []).join(":") : undefined
}

const IPV4_REVERSE = "in-addr.arpa"

const reverseZoneOf = (name: string): string => (name.endsWith(".ip6.arpa") ? "ip6.arpa" : IPV4_REVERSE)

function rotate<T>(list: readonly T[], by: number): readonly T[] {
  const start = by % list.length
  return [...list.slice(start), ...list.slice(0, start)]
}
