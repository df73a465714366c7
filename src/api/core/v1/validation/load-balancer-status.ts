import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import type { LoadBalancerIngress, ServiceSpec, ServiceStatus } from "../service.ts"
import { address, type Errors, NONE, oneOf, subdomain } from "./rules.ts"

export function validateServiceStatus({
  spec,
  status,
}: {
  readonly spec: ServiceSpec
  readonly status: ServiceStatus
}): Errors {
  const path = FieldPath.root("status", "loadBalancer", "ingress")
  const ingress = status.loadBalancer.ingress ?? []
  if (spec.type !== "LoadBalancer" && ingress.length > 0) {
    return [field.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")]
  }
  return ingress.flatMap((one, index) => validateIngress(one, path.index(index)))
}

function validateIngress({ ip = "", ipMode, hostname = "" }: LoadBalancerIngress, path: FieldPath): Errors {
  const mode = path.child("ipMode")
  const host = path.child("hostname")
  const modeErrors =
    ipMode === undefined
      ? ip === ""
        ? NONE
        : [field.required(mode, "must be specified when `ip` is set")]
      : ip === ""
        ? [field.forbidden(mode, "may not be specified when `ip` is not set")]
        : oneOf(ipMode, ["Proxy", "VIP"], mode)
  const isIp = hostname !== "" && address(hostname, host).length === 0
  return [
    ...(ip === "" ? NONE : address(ip, path.child("ip"))),
    ...modeErrors,
    ...(hostname === "" ? NONE : subdomain(hostname, host)),
    ...(isIp ? [field.invalid(host, hostname, "must be a DNS name, not an IP address")] : NONE),
  ]
}
