import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import type { Container } from "../container.ts"
import type { ContainerStatus } from "../container-status.ts"
import type { PodObject } from "../pod-object.ts"
import type { PodSpec } from "../pod-spec.ts"
import { validateAnnotationChanges } from "./pod-update.ts"
import { address, type Errors, NONE, qualified, subdomain } from "./rules.ts"

const STATUS = FieldPath.root("status")
const SYSTEM_CONDITIONS = new Set(["PodScheduled", "Ready", "Initialized"])

/** What a new status of a pod may not be. */
export function validatePodStatusUpdate(pod: PodObject, old: PodObject): Errors {
  const { status } = pod
  const { nominatedNodeName = "", observedGeneration = 0 } = status
  const nominated = STATUS.child("nominatedNodeName")
  const renominated = nominatedNodeName !== "" && nominatedNodeName !== old.status.nominatedNodeName
  const errors: FieldError[] = [
    ...validateAnnotationChanges(pod, old),
    ...validateConditions(pod),
    ...(renominated ? subdomain(nominatedNodeName, nominated) : NONE),
  ]
  if (renominated && old.spec.nodeName) {
    errors.push(field.forbidden(nominated, "may not be set on pods that are already bound to a node"))
  }
  if (observedGeneration < 0) {
    const at = STATUS.child("observedGeneration")
    errors.push(field.invalid(at, observedGeneration, "must be a non-negative integer"))
  }
  if ((status.qosClass ?? "") !== (old.status.qosClass ?? "")) {
    errors.push(field.invalid(STATUS.child("qosClass"), status.qosClass ?? "", "field is immutable"))
  }
  return [...errors, ...validateRevivals(pod, old), ...validateIps(pod), ...validateHostIps(pod)]
}

function validateConditions({ status }: PodObject): Errors {
  return (status.conditions ?? []).flatMap(({ type, observedGeneration = 0 }, index) => {
    const at = STATUS.child("conditions").index(index)
    return [
      ...(observedGeneration < 0
        ? [field.invalid(at.child("observedGeneration"), observedGeneration, "must be a non-negative integer")]
        : NONE),
      ...(SYSTEM_CONDITIONS.has(type) ? NONE : qualified(type, at.child("Type"))),
    ]
  })
}

type Statuses = readonly ContainerStatus[] | undefined

/** A container that has ended for good does not run again. */
function validateRevivals(pod: PodObject, old: PodObject): Errors {
  const { spec } = old
  const all = [...spec.containers, ...(spec.initContainers ?? [])]
  const restartsAll = all.some((container) =>
    container.restartPolicyRules?.some(({ action }) => action === "RestartAllContainers"),
  )
  const mayRestart = (containers: readonly Container[] | undefined) => (name: string, exitCode: number) => {
    const container = containers?.find((candidate) => candidate.name === name)
    return restartsAll || (container !== undefined && shouldRestart(container, spec, exitCode))
  }
  const never = () => false
  return [
    ...revived(
      pod.status.containerStatuses,
      old.status.containerStatuses,
      "containerStatuses",
      mayRestart(spec.containers),
    ),
    ...revived(
      pod.status.initContainerStatuses,
      old.status.initContainerStatuses,
      "initContainerStatuses",
      mayRestart(spec.initContainers),
    ),
    ...revived(
      pod.status.ephemeralContainerStatuses,
      old.status.ephemeralContainerStatuses,
      "ephemeralContainerStatuses",
      never,
    ),
  ]
}

function revived(
  now: Statuses,
  before: Statuses,
  member: string,
  mayRestart: (name: string, exitCode: number) => boolean,
): Errors {
  return (before ?? []).flatMap(({ name, state }, index) => {
    const current = now?.find((status) => status.name === name)
    if (state.terminated === undefined || current === undefined || current.state.terminated !== undefined) return NONE
    if (mayRestart(name, state.terminated.exitCode)) return NONE
    const at = STATUS.child(member).index(index).child("state")
    return [field.forbidden(at, "may not be transitioned to non-terminated state")]
  })
}

/** The first rule that fits the exit code decides, then the container's policy, then the pod's. */
function shouldRestart(container: Container, spec: PodSpec, exitCode: number): boolean {
  const fits = container.restartPolicyRules?.some(({ exitCodes }) => {
    const listed = exitCodes?.values?.includes(exitCode) ?? false
    return exitCodes?.operator === "NotIn" ? !listed : listed
  })
  if (fits) return true
  const policy = container.restartPolicy ?? spec.restartPolicy
  return policy === "Always" || (policy === "OnFailure" && exitCode !== 0)
}

function validateIps({ status }: PodObject): Errors {
  const { podIPs = [] } = status
  const at = STATUS.child("podIPs")
  return [...podIPs.flatMap(({ ip }, index) => address(ip, at.index(index))), ...onePerFamily(podIPs, at)]
}

function validateHostIps({ status }: PodObject): Errors {
  const { hostIP = "", hostIPs = [] } = status
  const at = STATUS.child("hostIPs")
  const first = hostIPs[0]
  if (first === undefined) return NONE
  return [
    ...(first.ip === hostIP ? NONE : [field.invalid(at.index(0).child("ip"), first.ip, "must be equal to `hostIP`")]),
    ...hostIPs.flatMap(({ ip }, index) => address(ip, at.index(index))),
    ...onePerFamily(hostIPs, at),
  ]
}

function onePerFamily(ips: readonly { readonly ip: string }[], path: FieldPath): Errors {
  const families = new Set(ips.map(({ ip }) => ip.includes(":")))
  if (ips.length === families.size || ips.length <= 1) return NONE
  return [field.invalid(path, ips, "may specify no more than one IP for each IP family")]
}
