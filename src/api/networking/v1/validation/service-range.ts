import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { cidr } from "../../../../machinery/names/addresses.ts"
import { pathSegmentName } from "../../../../machinery/names/identifiers.ts"
import { allOf, type Errors, NONE, subdomain } from "../../../core/v1/validation/rules.ts"
import type { IPAddressSpec } from "../ip-address.ts"
import type { ServiceCIDRSpec } from "../service-cidr.ts"
import { requiredSegment } from "./ingress-backend.ts"

/** The ranges of services' addresses, and the addresses that are taken. */

const SPEC = FieldPath.root("spec")
const CIDRS = SPEC.child("cidrs")

export function validateIpAddress({ spec }: { readonly spec: IPAddressSpec }): Errors {
  const { parentRef } = spec
  const path = SPEC.child("parentRef")
  if (parentRef === undefined) return [field.required(path)]
  const { group = "", resource, namespace = "", name } = parentRef
  return [
    ...(group === "" ? NONE : subdomain(group, path.child("group"))),
    ...requiredSegment(resource, path.child("resource")),
    ...requiredSegment(name, path.child("name")),
    ...(namespace === "" ? NONE : allOf(pathSegmentName(namespace), namespace, path.child("namespace"))),
  ]
}

interface CidrObject {
  readonly spec: ServiceCIDRSpec
}

export function validateServiceCidr({ spec }: CidrObject): Errors {
  const cidrs = spec.cidrs ?? []
  if (cidrs.length === 0) return [field.required(CIDRS, "at least one CIDR required")]
  if (cidrs.length > 2) return [field.invalid(CIDRS, { CIDRs: cidrs }, "may only hold up to 2 values")]
  const errors = cidrs.flatMap((one, index) => allOf(cidr(one), one, CIDRS.index(index)))
  const [first = "", second] = cidrs
  if (second === undefined || errors.length > 0 || first.includes(":") !== second.includes(":")) return errors
  const why = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"
  return [field.invalid(CIDRS, cidrs, why)]
}

/** A second family may be added; all else stays. */
export function validateServiceCidrUpdate({ spec }: CidrObject, old: CidrObject): Errors {
  const cidrs = spec.cidrs ?? []
  const before = old.spec.cidrs ?? []
  const isExtended = before.length === 1 && cidrs.length === 2
  if (cidrs.length !== before.length && !isExtended) return [field.invalid(CIDRS, cidrs, "field is immutable")]
  const changed = before.flatMap((one, index) =>
    cidrs[index] === one ? NONE : [field.invalid(CIDRS.index(index), cidrs[index], "field is immutable")],
  )
  return isExtended ? [...changed, ...validateServiceCidr({ spec })] : changed
}
