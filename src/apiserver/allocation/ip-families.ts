import { isIPv6 } from "node:net"
import { Service } from "../../api/core/v1/service.ts"
import type { FieldError } from "../../machinery/field/error.ts"
import * as field from "../../machinery/field/error.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import type { Draft } from "../../machinery/schema/schema.ts"
import { invalid } from "../../machinery/status/errors.ts"

/** Fills in and checks a service's address families. This cluster gives IPv4 addresses only. */

type Spec = Draft<Service>["spec"]
const NONE = "None"

export function isHeadless(spec: Pick<Spec, "clusterIPs" | "clusterIP">): boolean {
  return (spec.clusterIPs?.[0] ?? spec.clusterIP) === NONE
}

/** Throws a 422. */
export function completeFamilies(name: string, spec: Spec, old: Spec | undefined): void {
  if (spec.type === "ExternalName") return
  const withoutSelector = Object.keys(spec.selector ?? {}).length === 0
  spec.ipFamilyPolicy ??=
    old?.ipFamilyPolicy ?? (isHeadless(spec) && withoutSelector ? "RequireDualStack" : "SingleStack")
  const errors = old === undefined ? [] : reductionErrors(spec, old)
  errors.push(...countErrors(spec), ...adoptFamilies(spec))
  throwAll(name, errors)
  // Whoever writes the endpoints of such a service decides which families they are of.
  if (isHeadless(spec) && withoutSelector) {
    const families = withFirst(spec)
    if (families.length === 1 && spec.ipFamilyPolicy !== "SingleStack") {
      families.push(families[0] === "IPv4" ? "IPv6" : "IPv4")
    }
    return
  }
  throwAll(name, unavailable(spec))
  withFirst(spec)
}

function withFirst(spec: Spec): string[] {
  const families = (spec.ipFamilies ??= [] as NonNullable<Spec["ipFamilies"]>) as string[]
  if (families.length === 0) families.push("IPv4")
  return families
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
function adoptFamilies(spec: Spec): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, address] of (spec.clusterIPs ?? []).entries()) {
    if (address === NONE) break
    if (index < (spec.ipFamilies?.length ?? 0)) continue
    if (isIPv6(address)) {
      const why = "IPv6 is not configured on this cluster"
      errors.push(field.invalid(`spec.clusterIPs[${index}]`, spec.clusterIPs, why))
    } else {
      const families = (spec.ipFamilies ??= [] as NonNullable<Spec["ipFamilies"]>) as string[]
      families.push("IPv4")
    }
  }
  return errors
}

function unavailable(spec: Spec): FieldError[] {
  const errors: FieldError[] = []
  if (spec.ipFamilyPolicy === "RequireDualStack") {
    const why = "this cluster is not configured for dual-stack services"
    errors.push(field.invalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy, why))
  }
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    if (family === "IPv4") continue
    errors.push(field.invalid(`spec.ipFamilies[${index}]`, family, "not configured on this cluster"))
  }
  return errors
}

function throwAll(name: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: Service.group, kind: Service.kind }, name, errors)
}
