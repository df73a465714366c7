import type { Draft } from "../../../machinery/schema/schema.ts"
import type { ServiceSpec, ServiceStatus } from "./service.ts"

/** Three hours, in seconds. */
const CLIENT_IP_AFFINITY_SECONDS = 10_800

/** Can clients outside the cluster reach it? */
export function isExternallyAccessible(spec: Pick<ServiceSpec, "type" | "externalIPs">): boolean {
  return (
    spec.type === "LoadBalancer" ||
    spec.type === "NodePort" ||
    (spec.type === "ClusterIP" && (spec.externalIPs?.length ?? 0) > 0)
  )
}

export function defaultServiceSpec(spec: Draft<ServiceSpec>): void {
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig
  if (spec.sessionAffinity === "ClientIP" && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: CLIENT_IP_AFFINITY_SECONDS } }
  }
  for (const port of spec.ports ?? []) {
    if (port.targetPort === 0 || port.targetPort === "") port.targetPort = port.port
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ||= "Cluster"
  if (spec.type === "NodePort" || spec.type === "LoadBalancer" || spec.type === "ClusterIP") {
    spec.internalTrafficPolicy ??= "Cluster"
  }
  if (spec.type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true
}

export function defaultIngressMode(spec: Draft<ServiceSpec>, status: Draft<ServiceStatus>): void {
  if (spec.type !== "LoadBalancer") return
  for (const ingress of status.loadBalancer.ingress ?? []) if (ingress.ip) ingress.ipMode ??= "VIP"
}
