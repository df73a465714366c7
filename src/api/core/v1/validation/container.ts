import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { portName, portNumber } from "../../../../machinery/names/identifiers.ts"
import type { Container, ContainerPort, ContainerResizePolicy } from "../container.ts"
import { EphemeralContainerCommon } from "../ephemeral-container.ts"
import type { PodSpec } from "../pod-spec.ts"
import { validateEnv, validateEnvFrom } from "./environment.ts"
import { validateLifecycle, validateProbes } from "./handlers.ts"
import { validateDevices, validateMounts } from "./mounts.ts"
import { validateContainerResources } from "./resources.ts"
import { validateRestartRules } from "./restart-rules.ts"
import { allOf, type Errors, label, NONE, nonEmpty, onlyAllowed, requiredOneOf } from "./rules.ts"
import { validateContainerSecurity } from "./security.ts"
import type { VolumesByName } from "./volumes.ts"

/** The containers of a pod, in Kubernetes' order: regular, init, ephemeral. */

export function validateContainers(spec: PodSpec, volumes: VolumesByName, path: FieldPath): Errors {
  const { containers, initContainers = [], ephemeralContainers = [] } = spec
  const regular = path.child("containers")
  const regularNames = new Set<string>()
  return [
    ...nonEmpty(containers, regular),
    ...containers.flatMap((container, index) => [
      ...validateCommon(container, spec, volumes, regular.index(index)),
      ...claimName(container.name, regularNames, regular.index(index)),
      ...validateLifecycle(
        container.lifecycle,
        spec.terminationGracePeriodSeconds,
        regular.index(index).child("lifecycle"),
      ),
      ...validateProbes(container, spec.terminationGracePeriodSeconds, regular.index(index)),
      ...validateRestartRules(container, regular.index(index)),
    ]),
    ...validateHostPorts(containers, regular),
    ...validateInit(spec, volumes, new Set(containers.map(({ name }) => name)), path.child("initContainers")),
    ...(ephemeralContainers.length === 0
      ? NONE
      : validateEphemeral(spec, volumes, [...containers, ...initContainers], path.child("ephemeralContainers"))),
  ]
}

function claimName(name: string, taken: Set<string>, path: FieldPath): Errors {
  if (taken.has(name)) return [field.duplicate(path.child("name"), name)]
  taken.add(name)
  return NONE
}

const SIDECARS_ONLY = "may not be set for init containers without restartPolicy=Always"

function validateInit(spec: PodSpec, volumes: VolumesByName, taken: Set<string>, path: FieldPath): Errors {
  return (spec.initContainers ?? []).flatMap((container, index) => {
    const at = path.index(index)
    const errors: FieldError[] = [
      ...validateCommon(container, spec, volumes, at),
      ...validateRestartRules(container, at),
      ...(container.name === "" ? NONE : claimName(container.name, taken, at)),
      ...validateHostPorts([container], path),
    ]
    if (container.restartPolicy === "Always") {
      const grace = spec.terminationGracePeriodSeconds
      errors.push(...validateLifecycle(container.lifecycle, grace, at.child("lifecycle")))
      errors.push(...validateProbes(container, grace, at))
      return errors
    }
    const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container
    for (const [name, value] of Object.entries({ lifecycle, livenessProbe, readinessProbe, startupProbe })) {
      if (value !== undefined) errors.push(field.forbidden(at.child(name), SIDECARS_ONLY))
    }
    for (const [place, { restartPolicy }] of (container.resizePolicy ?? []).entries()) {
      if (restartPolicy !== "RestartContainer") continue
      const where = at.child("resizePolicy").index(place).child("restartPolicy")
      const why = "must not be set to 'RestartContainer' for non-sidecar initContainers"
      errors.push(field.invalid(where, restartPolicy, why))
    }
    return errors
  })
}

const EPHEMERAL_FIELDS = new Set([
  "name",
  "image",
  "command",
  "args",
  "workingDir",
  "envFrom",
  "env",
  "volumeMounts",
  "volumeDevices",
  "terminationMessagePath",
  "terminationMessagePolicy",
  "imagePullPolicy",
  "securityContext",
  "stdin",
  "stdinOnce",
  "tty",
])
const NOT_EPHEMERAL = "cannot be set for an Ephemeral Container"

function validateEphemeral(
  spec: PodSpec,
  volumes: VolumesByName,
  others: readonly Container[],
  path: FieldPath,
): Errors {
  const otherNames = new Set(others.map(({ name }) => name))
  const taken = new Set(otherNames)
  return (spec.ephemeralContainers ?? []).flatMap((container, index) => {
    const at = path.index(index)
    const { targetContainerName = "", ...common } = container
    const forbidden = (place: number, name: string) =>
      field.forbidden(at.child("volumeMounts").index(place).child(name), NOT_EPHEMERAL)
    return [
      ...validateCommon(container, spec, volumes, at),
      ...untrimmedImage(container, at),
      ...claimName(container.name, taken, at),
      ...(targetContainerName === "" || otherNames.has(targetContainerName)
        ? NONE
        : [field.notFound(at.child("targetContainerName"), targetContainerName)]),
      ...onlyAllowed(EphemeralContainerCommon, common, EPHEMERAL_FIELDS, NOT_EPHEMERAL, at),
      ...(container.volumeMounts ?? []).flatMap(({ subPath, subPathExpr }, place) => [
        ...(subPath ? [forbidden(place, "subPath")] : NONE),
        ...(subPathExpr ? [forbidden(place, "subPathExpr")] : NONE),
      ]),
    ]
  })
}

/** Only in pods: templates may hold images that are filled in later. */
export function untrimmedImage({ image = "" }: Pick<Container, "image">, path: FieldPath): Errors {
  if (image.trim() === image) return NONE
  return [field.invalid(path.child("image"), image, "must not have leading or trailing whitespace")]
}

function validateCommon(container: Container, spec: PodSpec, volumes: VolumesByName, path: FieldPath): Errors {
  const { name } = container
  const claims = (spec.resourceClaims ?? []).map((claim) => claim.name)
  return [
    ...(name === "" ? [field.required(path.child("name"))] : label(name, path.child("name"))),
    ...nonEmpty(container.image, path.child("image")),
    ...requiredOneOf(
      container.terminationMessagePolicy,
      ["File", "FallbackToLogsOnError"],
      path.child("terminationMessagePolicy"),
    ),
    ...validatePorts(container.ports ?? [], path.child("ports")),
    ...validateEnv(container.env ?? [], path.child("env")),
    ...validateEnvFrom(container.envFrom ?? [], path.child("envFrom")),
    ...validateMounts(container, volumes, path.child("volumeMounts")),
    ...validateDevices(container, volumes, path.child("volumeDevices")),
    ...validatePullPolicy(container.imagePullPolicy, path.child("imagePullPolicy")),
    ...validateContainerResources(container.resources, claims, path.child("resources")),
    ...validateResizePolicy(container.resizePolicy ?? [], spec.restartPolicy, path.child("resizePolicy")),
    ...validateContainerSecurity(container.securityContext, spec.hostUsers ?? true, path.child("securityContext")),
  ]
}

const PROTOCOLS = ["SCTP", "TCP", "UDP"]

function validatePorts(ports: readonly ContainerPort[], path: FieldPath): Errors {
  const taken = new Set<string>()
  return ports.flatMap(({ name = "", containerPort, hostPort = 0, protocol }, index) => {
    const at = path.index(index)
    const problems = name === "" ? [] : portName(name)
    const named = problems.length > 0 || name === "" ? NONE : claimName(name, taken, at)
    return [
      ...allOf(problems, name, at.child("name")),
      ...named,
      ...(containerPort === 0
        ? [field.required(at.child("containerPort"))]
        : allOf(portNumber(containerPort), containerPort, at.child("containerPort"))),
      ...(hostPort === 0 ? NONE : allOf(portNumber(hostPort), hostPort, at.child("hostPort"))),
      ...requiredOneOf(protocol, PROTOCOLS, at.child("protocol")),
    ]
  })
}

function validateHostPorts(containers: readonly Container[], path: FieldPath): Errors {
  const taken = new Set<string>()
  return containers.flatMap(({ ports = [] }, index) =>
    ports.flatMap(({ protocol, hostIP = "", hostPort = 0 }, place) => {
      if (hostPort === 0) return NONE
      const key = `${protocol}/${hostIP}/${hostPort}`
      if (taken.has(key)) return [field.duplicate(path.index(index).child("ports").index(place).child("hostPort"), key)]
      taken.add(key)
      return NONE
    }),
  )
}

export function validatePullPolicy(policy: string | undefined, path: FieldPath): Errors {
  return requiredOneOf(policy, ["Always", "IfNotPresent", "Never"], path)
}

function validateResizePolicy(
  policies: readonly ContainerResizePolicy[],
  podRestartPolicy: string,
  path: FieldPath,
): Errors {
  const seen = new Set<string>()
  return policies.flatMap(({ resourceName, restartPolicy }, index) => {
    const repeated = seen.has(resourceName)
    seen.add(resourceName)
    const mustNotRestart = podRestartPolicy === "Never" && restartPolicy !== "NotRequired"
    return [
      ...(repeated ? [field.duplicate(path.index(index), resourceName)] : NONE),
      ...requiredOneOf(resourceName, ["cpu", "memory"], path),
      ...requiredOneOf(restartPolicy, ["NotRequired", "RestartContainer"], path),
      ...(mustNotRestart
        ? [field.invalid(path, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'")]
        : NONE),
    ]
  })
}
