import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import type { ServiceSpec } from "../service.ts"
import { address, type Errors, NONE, oneOf } from "./rules.ts"

const SPEC = FieldPath.root("spec")
const IPS = SPEC.child("clusterIPs")
const FAMILIES = SPEC.child("ipFamilies")
const POLICY = SPEC.child("ipFamilyPolicy")

/** A service without an address: DNS answers with its endpoints. */
export function isHeadless({ clusterIPs }: Pick<ServiceSpec, "clusterIPs">): boolean {
  return clusterIPs?.length === 1 && clusterIPs[0] === "None"
}

export function validateClusterIps(spec: ServiceSpec): Errors {
  if (spec.type === "ExternalName") return NONE
  const { clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec
  const addresses = clusterIPs.flatMap((ip, index) => validateClusterIp(ip, index, clusterIPs))
  const errors: FieldError[] = [
    ...validateFirst(spec),
    ...validateFamilies(ipFamilies),
    ...(ipFamilyPolicy === undefined
      ? NONE
      : oneOf(ipFamilyPolicy, ["PreferDualStack", "RequireDualStack", "SingleStack"], POLICY)),
    ...addresses,
  ]
  if (clusterIPs.length > 2) errors.push(field.invalid(IPS, clusterIPs, "may only hold up to 2 values"))
  if (addresses.length > 0) return errors
  const isDual = clusterIPs.some((ip) => ip.includes(":")) && clusterIPs.some((ip) => !ip.includes(":"))
  if (clusterIPs.length > 1 && !isDual) {
    errors.push(field.invalid(IPS, clusterIPs, "may specify no more than one IP for each IP family"))
  }
  if (isHeadless(spec)) return errors
  for (const [index, ip] of clusterIPs.slice(0, ipFamilies.length).entries()) {
    const family = ipFamilies[index]
    if (family !== "IPv4" && family !== "IPv6") continue
    if ((family === "IPv6") === ip.includes(":")) continue
    const why = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``
    errors.push(field.invalid(IPS.index(index), ip, why))
  }
  return errors
}

/** The single address is the first of the list. */
function validateFirst({ clusterIP = "", clusterIPs = [] }: ServiceSpec): Errors {
  if (clusterIP === "") {
    if (clusterIPs.length === 0) return NONE
    return [field.invalid(IPS, clusterIPs, "must be empty when `clusterIP` is not specified")]
  }
  if (clusterIPs.length === 0) return [field.required(IPS)]
  return clusterIPs[0] === clusterIP ? NONE : [field.invalid(IPS, clusterIPs, "first value must match `clusterIP`")]
}

function validateFamilies(families: readonly string[]): Errors {
  return families.flatMap((family, index) => [
    ...oneOf(family, ["IPv4", "IPv6"], FAMILIES.index(index)),
    ...(families.indexOf(family) < index ? [field.duplicate(FAMILIES.index(index), family)] : NONE),
  ])
}

function validateClusterIp(ip: string, index: number, all: readonly string[]): Errors {
  if (index > 0 || ip !== "None") return address(ip, IPS.index(index))
  return all.length > 1 ? [field.invalid(IPS, all, "'None' must be the first and only value")] : NONE
}

/** Addresses stay for the life of a service; a second one may come and go. */
export function validateServiceUpdate(
  { spec }: { readonly spec: ServiceSpec },
  old: { readonly spec: ServiceSpec },
): Errors {
  return [
    ...validateIpChange(spec, old.spec),
    ...validateFamilyChange(spec, old.spec),
    ...validateClassChange(spec, old.spec),
    ...validateHealthPortChange(spec, old.spec),
  ]
}

const ONCE = "may not change once set"

function releases(what: string, policy: string | undefined): Errors {
  if (policy === "SingleStack") return NONE
  return [field.invalid(POLICY, policy, `must be set to 'SingleStack' when releasing the secondary ${what}`)]
}

function validateIpChange(spec: ServiceSpec, old: ServiceSpec): Errors {
  if (spec.type === "ExternalName" || old.type === "ExternalName") return NONE
  if (isHeadless(spec) && isHeadless(old)) return NONE
  const now = spec.clusterIPs ?? []
  const before = old.clusterIPs ?? []
  if (now.length === before.length) {
    return before.flatMap((ip, index) => (ip === now[index] ? NONE : [field.invalid(IPS.index(index), now, ONCE)]))
  }
  if (now.length === 0) return [field.invalid(IPS.index(0), now, "primary clusterIP can not be unset")]
  const moved = before.length > 0 && now[0] !== before[0] ? [field.invalid(IPS.index(0), now, ONCE)] : NONE
  return before.length > now.length && now.length === 1
    ? [...moved, ...releases("clusterIP", spec.ipFamilyPolicy)]
    : moved
}

function validateFamilyChange(spec: ServiceSpec, old: ServiceSpec): Errors {
  if (spec.type === "ExternalName" || old.type === "ExternalName") return NONE
  if (isHeadless(spec) || isHeadless(old)) return NONE
  const now = spec.ipFamilies ?? []
  const before = old.ipFamilies ?? []
  const at = FAMILIES.index(0)
  if (now.length === before.length) {
    return before.flatMap((family, index) => (family === now[index] ? NONE : [field.invalid(at, now, ONCE)]))
  }
  const fewer = before.length > now.length
  const unset =
    fewer && (spec.clusterIPs ?? []).length === 0 ? [field.invalid(at, now, "primary ipFamily can not be unset")] : NONE
  const moved =
    now.length > 0 && before.length > 0 && now[0] !== before[0] ? [field.invalid(at, spec.clusterIPs, ONCE)] : NONE
  return [...unset, ...moved, ...(fewer && now.length === 1 ? releases("ipFamily", spec.ipFamilyPolicy) : NONE)]
}

function validateClassChange(spec: ServiceSpec, old: ServiceSpec): Errors {
  if (spec.type !== "LoadBalancer" || old.type !== "LoadBalancer") return NONE
  if (spec.loadBalancerClass === old.loadBalancerClass) return NONE
  return [field.invalid(SPEC.child("loadBalancerClass"), spec.loadBalancerClass, ONCE)]
}

function validateHealthPortChange(spec: ServiceSpec, old: ServiceSpec): Errors {
  const checked = ({ type, externalTrafficPolicy }: ServiceSpec) =>
    type === "LoadBalancer" && externalTrafficPolicy === "Local"
  if (!checked(spec) || !checked(old) || spec.healthCheckNodePort === old.healthCheckNodePort) return NONE
  return [field.forbidden(SPEC.child("healthCheckNodePort"), "field is immutable")]
}
