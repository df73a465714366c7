import { Service } from "../../api/core/v1/service.ts"
import type { FieldError } from "../../machinery/field/error.ts"
import * as field from "../../machinery/field/error.ts"
import { familyOf, type IpFamily } from "../../machinery/net/cidr.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import type { Draft } from "../../machinery/schema/schema.ts"
import { invalid } from "../../machinery/status/errors.ts"

/**
 * Fills in and checks a service's address families.
 * https://kubernetes.io/docs/concepts/services-networking/dual-stack/#services
 */

type Spec = Draft<Service>["spec"]
const NONE = "None"

export function isHeadless(spec: Pick<Spec, "clusterIPs" | "clusterIP">): boolean {
  return (spec.clusterIPs?.[0] ?? spec.clusterIP) === NONE
}

/** `configured`: the families that the cluster has addresses of, the default first. Throws a 422. */
export function completeFamilies(
  name: string,
  spec: Spec,
  old: Spec | undefined,
  configured: readonly IpFamily[],
): void {
  if (spec.type === "ExternalName" || (old !== undefined && staysPreferred(spec, old))) return
  const withoutSelector = Object.keys(spec.selector ?? {}).length === 0
  spec.ipFamilyPolicy ??=
    old?.ipFamilyPolicy ?? (isHeadless(spec) && withoutSelector ? "RequireDualStack" : "SingleStack")
  const errors = old === undefined ? [] : reductionErrors(spec, old)
  errors.push(...countErrors(spec), ...adoptFamilies(spec, configured))
  throwAll(name, errors)
  // Whoever writes the endpoints of such a service decides which families they are of.
  const isFree = isHeadless(spec) && withoutSelector
  if (!isFree) throwAll(name, unavailable(spec, configured))
  const families = familiesOf(spec)
  if (families.length === 0) families.push(configured[0] ?? "IPv4")
  const wantsBoth = spec.ipFamilyPolicy !== "SingleStack" && (isFree || configured.length === 2)
  if (families.length === 1 && wantsBoth) families.push(families[0] === "IPv4" ? "IPv6" : "IPv4")
}

/** Whether an update leaves alone what a service got that takes a second family only if there is one. */
export function staysPreferred(spec: Spec, old: Spec): boolean {
  return (
    old.type === spec.type &&
    spec.ipFamilyPolicy === "PreferDualStack" &&
    (old.ipFamilyPolicy ?? "PreferDualStack") === "PreferDualStack" &&
    deepEqual(old.clusterIPs ?? [], spec.clusterIPs ?? []) &&
    deepEqual(old.ipFamilies ?? [], spec.ipFamilies ?? [])
  )
}

function familiesOf(spec: Spec): IpFamily[] {
  return (spec.ipFamilies ??= []) as IpFamily[]
}

/** Giving up the second family needs to be said. */
function reductionErrors(spec: Spec, old: Spec): FieldError[] {
  const addresses = spec.clusterIPs ?? []
  const families = spec.ipFamilies ?? []
  if (spec.ipFamilyPolicy === "SingleStack") {
    if (deepEqual(old.clusterIPs ?? [], addresses) && addresses.length > 1) spec.clusterIPs = addresses.slice(0, 1)
    if (deepEqual(old.ipFamilies ?? [], families) && families.length > 1) spec.ipFamilies = families.slice(0, 1)
    return []
  }
  const wrong = (what: string) =>
    field.invalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy, `must be 'SingleStack' to release the secondary ${what}`)
  const isReduced = (before: readonly string[], now: readonly string[]) =>
    before.length === 2 && now.length === 1 && before[0] === now[0]
  return [
    ...(isReduced(old.clusterIPs ?? [], addresses) ? [wrong("cluster IP")] : []),
    ...(isReduced(old.ipFamilies ?? [], families) ? [wrong("IP family")] : []),
  ]
}

function countErrors(spec: Spec): FieldError[] {
  if (spec.ipFamilyPolicy !== "SingleStack") return []
  const wrong = (what: string) =>
    field.invalid(
      "spec.ipFamilyPolicy",
      spec.ipFamilyPolicy,
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
    )
  return [
    ...(spec.clusterIPs?.length === 2 ? [wrong("cluster IPs")] : []),
    ...(spec.ipFamilies?.length === 2 ? [wrong("IP families")] : []),
  ]
}

/** Requested addresses say of which family they are. */
function adoptFamilies(spec: Spec, configured: readonly IpFamily[]): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, address] of (spec.clusterIPs ?? []).entries()) {
    if (address === NONE) break
    if (index < (spec.ipFamilies?.length ?? 0)) continue
    const family = familyOf(address)
    if (configured.includes(family)) familiesOf(spec).push(family)
    else {
      const why = `${family} is not configured on this cluster`
      errors.push(field.invalid(`spec.clusterIPs[${index}]`, spec.clusterIPs, why))
    }
  }
  return errors
}

function unavailable(spec: Spec, configured: readonly IpFamily[]): FieldError[] {
  const errors: FieldError[] = []
  if (spec.ipFamilyPolicy === "RequireDualStack" && configured.length < 2) {
    const why = "this cluster is not configured for dual-stack services"
    errors.push(field.invalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy, why))
  }
  for (const [index, family] of familiesOf(spec).entries()) {
    if (configured.includes(family)) continue
    errors.push(field.invalid(`spec.ipFamilies[${index}]`, family, "not configured on this cluster"))
  }
  return errors
}

function throwAll(name: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: Service.group, kind: Service.kind }, name, errors)
}
