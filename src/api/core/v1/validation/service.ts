import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import type { ObjectMeta } from "../../../../machinery/meta/object-meta.ts"
import { cidrAnySpelling } from "../../../../machinery/names/addresses.ts"
import { portNumber } from "../../../../machinery/names/identifiers.ts"
import { validateLabels } from "../../../../machinery/validation/labels.ts"
import type { ServicePort, ServiceSpec } from "../service.ts"
import { isExternallyAccessible } from "../service-defaults.ts"
import { needsHealthCheckNodePort } from "../service-strategy.ts"
import { endpointAddress } from "./endpoint-address.ts"
import {
  allOf,
  type Errors,
  label,
  NONE,
  oneOf,
  portNumberOrName,
  qualified,
  requiredOneOf,
  subdomain,
} from "./rules.ts"
import { isHeadless, validateClusterIps } from "./service-addresses.ts"

const SPEC = FieldPath.root("spec")
const ANNOTATIONS = FieldPath.root("metadata", "annotations")
const HINTS = "service.kubernetes.io/topology-aware-hints"
const MODE = "service.kubernetes.io/topology-mode"
const SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
const ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'"

interface ServiceObject {
  readonly metadata: ObjectMeta
  readonly spec: ServiceSpec
}

export function validateService({ metadata, spec }: ServiceObject): Errors {
  const ports = SPEC.child("ports")
  const portless = (spec.ports?.length ?? 0) === 0 && !isHeadless(spec) && spec.type !== "ExternalName"
  return [
    ...validateTopologyAnnotations(metadata),
    ...(portless ? [field.required(ports)] : NONE),
    ...validateType(spec),
    ...validatePorts(spec.ports ?? [], ports),
    ...validateLabels(spec.selector, SPEC.child("selector")),
    ...requiredOneOf(spec.sessionAffinity, ["ClientIP", "None"], SPEC.child("sessionAffinity")),
    ...validateAffinity(spec, SPEC.child("sessionAffinityConfig")),
    ...validateClusterIps(spec),
    ...(spec.externalIPs ?? []).flatMap((ip, index) => endpointAddress(ip, SPEC.child("externalIPs").index(index))),
    ...requiredOneOf(spec.type, ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], SPEC.child("type")),
    ...validatePortNumbers(spec, ports),
    ...validateLoadBalancer(metadata, spec),
    ...validateExternalPolicy(spec),
    ...validateInternalPolicy(spec),
  ]
}

function validateTopologyAnnotations({ annotations }: ObjectMeta): Errors {
  const [hints, mode] = [annotations?.[HINTS], annotations?.[MODE]]
  if (hints === undefined || mode === undefined || hints === mode) return NONE
  return [field.invalid(ANNOTATIONS.key(MODE), mode, `must match annotations[${HINTS}] when both are specified`)]
}

function validateType(spec: ServiceSpec): Errors {
  const { type } = spec
  if (type === "LoadBalancer" || type === "NodePort") {
    if (!isHeadless(spec)) return NONE
    const why = `may not be set to 'None' for ${type} services`
    return [field.invalid(SPEC.child("clusterIPs").index(0), "None", why)]
  }
  if (type !== "ExternalName") return NONE
  const { clusterIPs, ipFamilies, ipFamilyPolicy } = spec
  const unused = Object.entries({ clusterIPs, ipFamilies, ipFamilyPolicy }).filter(([, value]) => value?.length)
  const name = (spec.externalName ?? "").replace(/\.$/, "")
  const at = SPEC.child("externalName")
  return [
    ...unused.map(([member]) => field.forbidden(SPEC.child(member), "may not be set for ExternalName services")),
    ...(name === "" ? [field.required(at)] : subdomain(name, at)),
  ]
}

function validatePorts(ports: readonly ServicePort[], path: FieldPath): Errors {
  const names = new Set<string>()
  return ports.flatMap(({ name = "", port, protocol, targetPort, appProtocol }, index) => {
    const at = path.index(index)
    const errors: FieldError[] = []
    if (name !== "") {
      errors.push(...label(name, at.child("name")))
      if (names.has(name)) errors.push(field.duplicate(at.child("name"), name))
      names.add(name)
    } else if (ports.length > 1) errors.push(field.required(at.child("name")))
    return [
      ...errors,
      ...allOf(portNumber(port), port, at.child("port")),
      ...requiredOneOf(protocol, ["SCTP", "TCP", "UDP"], at.child("protocol")),
      ...portNumberOrName(targetPort, at.child("targetPort")),
      ...(appProtocol === undefined ? NONE : qualified(appProtocol, at.child("appProtocol"))),
    ]
  })
}

/** Ports and node ports are taken once per protocol. */
function validatePortNumbers({ type, ports = [] }: ServiceSpec, path: FieldPath): Errors {
  const forbidden = ports.flatMap(({ nodePort = 0 }, index) => {
    if (type !== "ClusterIP" || nodePort === 0) return NONE
    return [field.forbidden(path.index(index).child("nodePort"), "may not be used when `type` is 'ClusterIP'")]
  })
  const taken = new Set<string>()
  const isTaken = (key: string) => taken.has(key) || !taken.add(key)
  const nodePorts = ports.flatMap(({ nodePort = 0, protocol }, index) =>
    nodePort !== 0 && isTaken(`node ${protocol} ${nodePort}`)
      ? [field.duplicate(path.index(index).child("nodePort"), nodePort)]
      : NONE,
  )
  const own = ports.flatMap(({ port, protocol }, index) =>
    isTaken(`own ${protocol} ${port}`) ? [field.duplicate(path.index(index), { port, protocol })] : NONE,
  )
  return [...forbidden, ...nodePorts, ...own]
}

/** A day, in seconds. */
const AFFINITY_SECONDS_MAX = 86400

function validateAffinity({ sessionAffinity, sessionAffinityConfig: config }: ServiceSpec, path: FieldPath): Errors {
  if (sessionAffinity === "None") {
    return config === undefined ? NONE : [field.forbidden(path, "must not be set when session affinity is None")]
  }
  if (sessionAffinity !== "ClientIP") return NONE
  const why = "when session affinity type is ClientIP"
  const at = path.child("clientIP")
  if (config === undefined) return [field.required(path, why)]
  if (config.clientIP === undefined) return [field.required(at, why)]
  const { timeoutSeconds } = config.clientIP
  if (timeoutSeconds === undefined) return [field.required(at.child("timeoutSeconds"), why)]
  if (timeoutSeconds > 0 && timeoutSeconds <= AFFINITY_SECONDS_MAX) return NONE
  const bounds = `must be greater than 0 and less than ${AFFINITY_SECONDS_MAX}`
  return [field.invalid(at.child("timeoutSeconds"), timeoutSeconds, bounds)]
}

function validateLoadBalancer(metadata: ObjectMeta, spec: ServiceSpec): Errors {
  const isBalancer = spec.type === "LoadBalancer"
  const { loadBalancerSourceRanges: ranges = [], allocateLoadBalancerNodePorts, loadBalancerClass } = spec
  const annotated = metadata.annotations?.[SOURCE_RANGES]
  const errors: FieldError[] = []
  const cidr = (range: string, path: FieldPath) => allOf(cidrAnySpelling(range.trim()), range.trim(), path)
  if (ranges.length > 0) {
    const at = SPEC.child("LoadBalancerSourceRanges")
    if (!isBalancer) errors.push(field.forbidden(at, ONLY_LOAD_BALANCER))
    for (const [index, range] of ranges.entries()) errors.push(...cidr(range, at.index(index)))
  } else if (annotated !== undefined) {
    const at = ANNOTATIONS.key(SOURCE_RANGES)
    if (!isBalancer) errors.push(field.forbidden(at, ONLY_LOAD_BALANCER))
    if (annotated.trim() !== "") for (const range of annotated.split(",")) errors.push(...cidr(range, at))
  }
  if (allocateLoadBalancerNodePorts !== undefined && !isBalancer) {
    errors.push(field.forbidden(SPEC.child("allocateLoadBalancerNodePorts"), ONLY_LOAD_BALANCER))
  }
  if (loadBalancerClass !== undefined) {
    const at = SPEC.child("loadBalancerClass")
    errors.push(...(isBalancer ? qualified(loadBalancerClass, at) : [field.forbidden(at, ONLY_LOAD_BALANCER)]))
  }
  return errors
}

function validateExternalPolicy(spec: ServiceSpec): Errors {
  const { externalTrafficPolicy = "", healthCheckNodePort = 0 } = spec
  const at = SPEC.child("externalTrafficPolicy")
  const port = SPEC.child("healthCheckNodePort")
  const errors: FieldError[] = []
  if (isExternallyAccessible(spec)) errors.push(...requiredOneOf(externalTrafficPolicy, ["Cluster", "Local"], at))
  else if (externalTrafficPolicy !== "") {
    errors.push(field.invalid(at, externalTrafficPolicy, "may only be set for externally-accessible services"))
  }
  if (healthCheckNodePort === 0) return errors
  // Where one is needed and none is given, one is allocated.
  if (needsHealthCheckNodePort(spec))
    return [...errors, ...allOf(portNumber(healthCheckNodePort), healthCheckNodePort, port)]
  const why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
  return [...errors, field.invalid(port, healthCheckNodePort, why)]
}

const DISTRIBUTIONS = ["PreferClose", "PreferSameZone", "PreferSameNode"]

function validateInternalPolicy({ type, internalTrafficPolicy, trafficDistribution }: ServiceSpec): Errors {
  const at = SPEC.child("internalTrafficPolicy")
  const needed = type === "NodePort" || type === "LoadBalancer" || type === "ClusterIP"
  return [
    ...(internalTrafficPolicy === undefined && needed ? [field.required(at)] : NONE),
    ...(internalTrafficPolicy === undefined ? NONE : oneOf(internalTrafficPolicy, ["Cluster", "Local"], at)),
    ...(trafficDistribution === undefined
      ? NONE
      : oneOf(trafficDistribution, DISTRIBUTIONS, SPEC.child("trafficDistribution"))),
  ]
}
