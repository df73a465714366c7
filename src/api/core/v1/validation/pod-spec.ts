import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { validateLabels } from "../../../../machinery/validation/labels.ts"
import type { PodResourceClaim, PodSchedulingGate, PodSpec } from "../pod-spec.ts"
import { validateAffinity, validateSpread } from "./affinity.ts"
import { containersOf } from "./all-containers.ts"
import { validateContainers } from "./container.ts"
import { validateDns, validateHostAliases } from "./pod-dns.ts"
import { validatePodResources } from "./pod-resources.ts"
import { validateOverhead } from "./resources.ts"
import { type Errors, label, NONE, qualified, requiredOneOf, subdomain, within } from "./rules.ts"
import { validatePodSecurity } from "./security.ts"
import { validateTolerations } from "./tolerations.ts"
import { type PodContext, validateVolumes } from "./volumes.ts"
import { validateHostProcess, validateOs } from "./windows.ts"

const INT32_MAX = 2147483647
const RESTART_POLICIES = ["Always", "OnFailure", "Never"]
const DNS_POLICIES = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]

/** Everything that is wrong with what a pod, or a template, asks for. */
export function validatePodSpec(spec: PodSpec, path: FieldPath, context: PodContext): Errors {
  const volumes = validateVolumes(spec.volumes ?? [], path.child("volumes"), context)
  const { activeDeadlineSeconds, preemptionPolicy } = spec
  return [
    ...volumes.errors,
    ...validateClaims(spec.resourceClaims ?? [], path.child("resourceClaims")),
    ...validateContainers(spec, volumes.byName, path),
    ...validatePodResources(spec, path.child("resources")),
    ...validateHostNetworkPorts(spec, path.child("containers"), context),
    ...requiredOneOf(spec.restartPolicy, RESTART_POLICIES, path.child("restartPolicy")),
    ...requiredOneOf(spec.dnsPolicy, DNS_POLICIES, path.child("dnsPolicy")),
    ...validateLabels(spec.nodeSelector, path.child("nodeSelector")),
    ...validatePodSecurity(spec, path.child("securityContext")),
    ...validateAffinity(spec.affinity, path.child("affinity")),
    ...validateDns(spec, path.child("dnsConfig")),
    ...(spec.readinessGates ?? []).flatMap(({ conditionType }, index) =>
      qualified(conditionType, path.child("readinessGates").index(index).child("conditionType")),
    ),
    ...validateGates(spec.schedulingGates ?? [], path.child("schedulingGates")),
    ...validateSpread(spec.topologySpreadConstraints ?? [], path.child("topologySpreadConstraints")),
    ...validateHostProcess(spec, path),
    ...validateHostUsers(spec, path),
    ...validateHostnameOverride(spec, path.child("hostnameOverride")),
    ...optional(spec.serviceAccountName, subdomain, path.child("serviceAccountName")),
    ...optional(spec.nodeName, subdomain, path.child("nodeName")),
    ...(activeDeadlineSeconds === undefined
      ? NONE
      : within(activeDeadlineSeconds, 1, INT32_MAX, path.child("activeDeadlineSeconds"))),
    ...optional(spec.hostname, label, path.child("hostname")),
    ...optional(spec.subdomain, label, path.child("subdomain")),
    ...validateTolerations(spec.tolerations ?? [], path.child("tolerations")),
    ...validateHostAliases(spec.hostAliases ?? [], path.child("hostAliases")),
    ...optional(spec.priorityClassName, subdomain, path.child("priorityClassName")),
    ...(spec.runtimeClassName === undefined ? NONE : subdomain(spec.runtimeClassName, path.child("runtimeClassName"))),
    ...(preemptionPolicy === undefined
      ? NONE
      : requiredOneOf(preemptionPolicy, ["PreemptLowerPriority", "Never"], path.child("preemptionPolicy"))),
    ...validateOverhead(spec.overhead, path.child("overhead")),
    ...validateOs(spec, path),
    ...validateSchedulingGroup(spec, path.child("schedulingGroup").child("podGroupName")),
    ...validateFileKeyVolumes(spec, path),
  ]
}

function optional(
  value: string | undefined,
  check: (value: string, path: FieldPath) => Errors,
  path: FieldPath,
): Errors {
  return value ? check(value, path) : NONE
}

function validateClaims(claims: readonly PodResourceClaim[], path: FieldPath): Errors {
  const seen = new Set<string>()
  return claims.flatMap((claim, index) => {
    const at = path.index(index)
    const { name, resourceClaimName, resourceClaimTemplateName } = claim
    const errors: FieldError[] = []
    if (name === "") errors.push(field.required(at.child("name")))
    else if (seen.has(name)) errors.push(field.duplicate(at.child("name"), name))
    else errors.push(...label(name, at.child("name")))
    seen.add(name)
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      const why = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
      errors.push(field.invalid(at, claim, why))
    }
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      errors.push(field.invalid(at, claim, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"))
    }
    const names = Object.entries({ resourceClaimName, resourceClaimTemplateName })
    for (const [member, value] of names) if (value !== undefined) errors.push(...subdomain(value, at.child(member)))
    return errors
  })
}

function validateHostNetworkPorts(
  { hostNetwork, containers }: PodSpec,
  path: FieldPath,
  { isPod }: PodContext,
): Errors {
  if (!hostNetwork) return NONE
  return containers.flatMap(({ ports = [] }, index) =>
    ports.flatMap(({ hostPort = 0, containerPort }, place) => {
      if (hostPort === containerPort || (!isPod && hostPort === 0)) return NONE
      const at = path.index(index).child("ports").index(place).child("hostPort")
      return [field.invalid(at, hostPort, "must match `containerPort` when `hostNetwork` is true")]
    }),
  )
}

function validateGates(gates: readonly PodSchedulingGate[], path: FieldPath): Errors {
  const seen = new Set<string>()
  return gates.flatMap(({ name }, index) => {
    const repeated = seen.has(name)
    seen.add(name)
    return [...qualified(name, path.index(index)), ...(repeated ? [field.duplicate(path.index(index), name)] : NONE)]
  })
}

function validateHostUsers(spec: PodSpec, path: FieldPath): Errors {
  if (spec.hostUsers !== false) return NONE
  const why = "when `hostUsers` is false"
  return [
    ...(spec.hostNetwork ? [field.forbidden(path.child("hostNetwork"), why)] : NONE),
    ...(spec.hostPID ? [field.forbidden(path.child("HostPID"), why)] : NONE),
    ...(spec.hostIPC ? [field.forbidden(path.child("HostIPC"), why)] : NONE),
    ...containersOf(spec, path)
      .filter(({ container }) => (container.volumeDevices?.length ?? 0) > 0)
      .map(({ at }) => field.forbidden(at.child("volumeDevices"), why)),
  ]
}

/** The longest host name of Linux. */
const HOSTNAME_BYTES_MAX = 64

function validateHostnameOverride(
  { hostnameOverride, setHostnameAsFQDN, hostNetwork }: PodSpec,
  path: FieldPath,
): Errors {
  if (hostnameOverride === undefined) return NONE
  return [
    ...(setHostnameAsFQDN ? [field.forbidden(path, "may not be specified when setHostnameAsFQDN is true")] : NONE),
    ...(hostNetwork ? [field.forbidden(path, "may not be specified when hostNetwork is true")] : NONE),
    ...(hostnameOverride.length > HOSTNAME_BYTES_MAX ? [field.tooLong(path, HOSTNAME_BYTES_MAX)] : NONE),
    ...subdomain(hostnameOverride, path),
  ]
}

function validateSchedulingGroup({ schedulingGroup }: PodSpec, path: FieldPath): Errors {
  if (schedulingGroup === undefined) return NONE
  const { podGroupName } = schedulingGroup
  if (podGroupName !== undefined) return subdomain(podGroupName, path)
  return [field.invalid(path, undefined, "must specify one of: `podGroupName`")]
}

function validateFileKeyVolumes(spec: PodSpec, path: FieldPath): Errors {
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]))
  return containersOf(spec, path).flatMap(({ container, at }) =>
    (container.env ?? []).flatMap(({ valueFrom }, index) => {
      const name = valueFrom?.fileKeyRef?.volumeName
      if (name === undefined) return NONE
      const where = at.child("env").index(index).child("valueFrom").child("fileKeyRef").child("volumeName")
      const volume = volumes.get(name)
      if (volume === undefined) return [field.notFound(where, name)]
      return volume.emptyDir ? NONE : [field.invalid(where, name, "referenced volume must be of type emptyDir")]
    }),
  )
}
