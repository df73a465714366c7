import { deepEqual } from "../../../machinery/patch/structure.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import type { ServiceSpec, ServiceStatus } from "./service.ts"
import { isExternallyAccessible } from "./service-defaults.ts"

interface ServiceDraft {
  spec: Draft<ServiceSpec>
  status: Draft<ServiceStatus>
}
interface ServiceObject {
  readonly spec: ServiceSpec
  readonly status: ServiceStatus
}

export const needsClusterIp = ({ type }: Pick<ServiceSpec, "type">): boolean => type !== "ExternalName"
export const needsNodePorts = ({ type }: Pick<ServiceSpec, "type">): boolean =>
  type === "NodePort" || type === "LoadBalancer"
export const needsHealthCheckNodePort = (spec: Pick<ServiceSpec, "type" | "externalTrafficPolicy">): boolean =>
  spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local"

/** A client that knows only the single address names it; the list follows. */
export function prepareCreate({ spec }: ServiceDraft): void {
  if (spec.clusterIP && (spec.clusterIPs?.length ?? 0) === 0) spec.clusterIPs = [spec.clusterIP]
}

export function prepareUpdate(service: ServiceDraft, old: ServiceObject): void {
  syncClusterIps(service.spec, old.spec)
  keepAllocated(service.spec, old.spec)
  dropWhatTheTypeDoesNotUse(service, old)
}

function syncClusterIps(spec: Draft<ServiceSpec>, old: ServiceSpec): void {
  const given = spec.clusterIPs ?? []
  const before = old.clusterIPs ?? []
  const sameAddress = (old.clusterIP ?? "") === (spec.clusterIP ?? "")
  // An old client sends back everything but the list it does not know.
  if (before.length > 0 && given.length === 0 && sameAddress) spec.clusterIPs = [...before]
  if (sameAddress || !deepEqual(given, before)) return
  if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP]
  else delete spec.clusterIPs
}

/** What was allocated stays where an update does not mention it. */
function keepAllocated(spec: Draft<ServiceSpec>, old: ServiceSpec): void {
  if (needsClusterIp(old) && needsClusterIp(spec)) {
    if (!spec.clusterIP && old.clusterIP) spec.clusterIP = old.clusterIP
    if ((spec.clusterIPs?.length ?? 0) === 0 && old.clusterIPs) spec.clusterIPs = [...old.clusterIPs]
  }
  if (needsNodePorts(old) && needsNodePorts(spec)) keepNodePorts(spec, old)
  if (needsHealthCheckNodePort(old) && needsHealthCheckNodePort(spec) && old.healthCheckNodePort) {
    spec.healthCheckNodePort ||= old.healthCheckNodePort
  }
}

function keepNodePorts(spec: Draft<ServiceSpec>, old: ServiceSpec): void {
  const given = nodePorts(spec)
  const taken = new Set([...nodePorts(old)].filter((port) => given.has(port)))
  const byName = new Map((old.ports ?? []).map((port) => [port.name ?? "", port.nodePort ?? 0]))
  for (const port of spec.ports ?? []) {
    const before = byName.get(port.name ?? "") ?? 0
    if (before !== 0 && !taken.has(before)) port.nodePort ||= before
  }
}

function nodePorts(spec: Pick<ServiceSpec, "ports">): Set<number> {
  return new Set((spec.ports ?? []).map(({ nodePort = 0 }) => nodePort).filter((port) => port !== 0))
}

/**
 * Changing the type makes some fields meaningless. Those that the server may have filled in, and that the client did
 * not change as well, are cleared; anything else is left for validation to refuse.
 */
function dropWhatTheTypeDoesNotUse({ spec, status }: ServiceDraft, { spec: old }: ServiceObject): void {
  if (needsClusterIp(old) && !needsClusterIp(spec)) {
    if ((old.clusterIP ?? "") === (spec.clusterIP ?? "") && deepEqual(old.clusterIPs ?? [], spec.clusterIPs ?? [])) {
      delete spec.clusterIP
      delete spec.clusterIPs
    }
    if (deepEqual(old.ipFamilies ?? [], spec.ipFamilies ?? [])) delete spec.ipFamilies
    if ((old.ipFamilyPolicy ?? "") === (spec.ipFamilyPolicy ?? "")) delete spec.ipFamilyPolicy
  }
  if (needsNodePorts(old) && !needsNodePorts(spec) && nodePorts(spec).isSubsetOf(nodePorts(old))) {
    for (const port of spec.ports ?? []) delete port.nodePort
  }
  if (needsHealthCheckNodePort(old) && !needsHealthCheckNodePort(spec)) {
    if ((old.healthCheckNodePort ?? 0) === (spec.healthCheckNodePort ?? 0)) delete spec.healthCheckNodePort
  }
  if (old.type === "LoadBalancer" && spec.type !== "LoadBalancer") {
    if (old.allocateLoadBalancerNodePorts === spec.allocateLoadBalancerNodePorts) {
      delete spec.allocateLoadBalancerNodePorts
    }
    if (old.loadBalancerClass === spec.loadBalancerClass) delete spec.loadBalancerClass
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(spec)) {
    if (old.externalTrafficPolicy === spec.externalTrafficPolicy) delete spec.externalTrafficPolicy
  }
  if (spec.type !== "LoadBalancer") status.loadBalancer = {}
}
