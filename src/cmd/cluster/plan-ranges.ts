import { UserError } from "../../cli/user-error.ts"
import { overlap } from "../../machinery/net/address-range.ts"
import { familyOf, formatCidr, parseCidr } from "../../machinery/net/cidr.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { UpOptions } from "./plan-record.ts"
import { familiesIn, nodeRange, rangesOf } from "./ranges.ts"
import type { ClusterRecord } from "./record.ts"

type Ranges = Pick<ClusterRecord, "ipFamilies" | "podCidr" | "serviceCidr">

/** Services get numbers out of them, and the first ones have a meaning. */
const SERVICE_BITS_FREE_MIN = 5n

/**
 * The ranges of pods and services that the user has chosen. They stay for the cluster's life, as nodes and services have
 * addresses of them. Pure.
 */
export function planRanges(before: ClusterRecord | undefined, options: UpOptions, nodes: number): Ranges {
  const podCidr = options.podCidr === undefined ? before?.podCidr : readRanges("--pod-cidr", options.podCidr)
  const serviceCidr =
    options.serviceCidr === undefined ? before?.serviceCidr : readRanges("--service-cidr", options.serviceCidr)
  const ipFamilies = options.ipFamilies === undefined ? before?.ipFamilies : readFamilies(options.ipFamilies)
  const planned = {
    ...(ipFamilies !== undefined && { ipFamilies }),
    ...(podCidr !== undefined && { podCidr }),
    ...(serviceCidr !== undefined && { serviceCidr }),
  }
  refuseMixture(planned)
  if (before !== undefined) refuseChanges(before, planned)
  for (const range of (podCidr ?? "").split(",").filter((text) => text !== "")) {
    try {
      nodeRange(range, nodes - 1)
    } catch (error) {
      refuse("--pod-cidr", `${messageOf(error)}. Choose a larger one.`)
    }
  }
  return planned
}

/** Pods, services and nodes have addresses of the same families, and the same one leads. */
function refuseMixture({ ipFamilies, podCidr, serviceCidr }: Ranges): void {
  const wanted = ipFamilies ?? familiesIn(podCidr ?? serviceCidr ?? "")
  for (const [flag, text] of [
    ["--pod-cidr", podCidr],
    ["--service-cidr", serviceCidr],
  ] as const) {
    if (text === undefined || familiesIn(text) === wanted) continue
    refuse(flag, `found ${text}, expected ranges of ${wanted}, in this order`)
  }
}

function refuseChanges(before: ClusterRecord, planned: Ranges): void {
  const [was, is] = [rangesOf(before), rangesOf({ ...before, ...planned })]
  for (const [flag, field] of [
    ["--pod-cidr", "podCidr"],
    ["--service-cidr", "serviceCidr"],
  ] as const) {
    const [old, wanted] = [was, is].map((all) => all.map((each) => each[field]).join())
    if (old === wanted) continue
    const text = `cluster "${before.name}" has ${old}, found ${wanted}. Leave the option out, or choose another --name.`
    refuse(planned.ipFamilies === before.ipFamilies ? flag : "--ip-families", text)
  }
}

function readFamilies(text: string): string {
  const families = text.split(",").map((part) => part.trim().toLowerCase())
  const known = families.flatMap(
    (family) => (["IPv4", "IPv6"] as const).find((each) => each.toLowerCase() === family) ?? [],
  )
  if (known.length === families.length && new Set(known).size === known.length) return known.join()
  return refuse("--ip-families", `found "${text}", expected IPv4, IPv6, or both: IPv4,IPv6`)
}

/** Throws when a cluster's ranges overlap each other, or those of other clusters. Pure. */
export function checkRanges(record: ClusterRecord, others: readonly ClusterRecord[]): void {
  const own = listed(record)
  for (const [place, { flag, text, name }] of own.entries()) {
    const rest = [...own.slice(place + 1), ...others.flatMap(listed)]
    const taken = rest.find((other) => overlap(parseCidr(text), parseCidr(other.text)))
    if (taken === undefined) continue
    const whose = taken.name === name ? "this cluster too" : `cluster "${taken.name}"`
    refuse(flag, `${text} overlaps ${taken.text}, which belongs to ${whose}. Choose another range.`)
  }
}

function listed(record: ClusterRecord) {
  const { name } = record
  return rangesOf(record).flatMap(({ podCidr, serviceCidr, nodeCidr }) => [
    { flag: "--pod-cidr", text: podCidr, name },
    { flag: "--service-cidr", text: serviceCidr, name },
    { flag: "--pod-cidr", text: nodeCidr, name },
  ])
}

/** In canonical form. */
function readRanges(flag: string, text: string): string {
  const ranges = text.split(",").map((part) => readRange(flag, part.trim()))
  if (ranges.length <= 2 && new Set(ranges.map(familyOf)).size === ranges.length) return ranges.join()
  return refuse(flag, `found ${text}, expected one range, or one of IPv4 and one of IPv6`)
}

function readRange(flag: string, text: string): string {
  try {
    const cidr = parseCidr(text)
    if (cidr.last - cidr.first + 1n >= 1n << SERVICE_BITS_FREE_MIN) return formatCidr(cidr)
  } catch (error) {
    refuse(flag, messageOf(error))
  }
  return refuse(flag, `found ${text}, expected a larger range`)
}

function refuse(flag: string, text: string): never {
  throw new UserError(`${flag}: ${text}`, { exitCode: 2 })
}
