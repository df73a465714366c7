import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import type { PodSpec } from "../pod-spec.ts"
import type { AppArmorProfile, SeccompProfile } from "../security-context.ts"
import { containersOf } from "./all-containers.ts"
import { type Errors, NONE } from "./rules.ts"

/** The annotations that named profiles before there were fields: where both are there, they must agree. */

const SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
const SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
const APPARMOR_CONTAINER = "container.apparmor.security.beta.kubernetes.io/"

type Annotations = Readonly<Record<string, string>>

export function validateProfileAnnotations(annotations: Annotations, spec: PodSpec, path: FieldPath): Errors {
  const ofPod = spec.securityContext
  const seccomp = [
    ...agree("seccomp", annotations[SECCOMP_POD], ofPod.seccompProfile, path.child("securityContext")),
    ...containersOf(spec, path).flatMap(({ container, at }) => {
      const profile = container.securityContext?.seccompProfile
      return agree("seccomp", annotations[SECCOMP_CONTAINER + container.name], profile, at.child("securityContext"))
    }),
  ]
  if (spec.os?.name === "windows") return seccomp
  const apparmor = containersOf(spec, path).flatMap(({ container, at }) => {
    const profile = container.securityContext?.appArmorProfile ?? ofPod.appArmorProfile
    return agree("apparmor", annotations[APPARMOR_CONTAINER + container.name], profile, at.child("securityContext"))
  })
  return [...seccomp, ...apparmor]
}

const NAMES = {
  seccomp: { member: "seccompProfile", standard: ["runtime/default", "docker/default"] },
  apparmor: { member: "appArmorProfile", standard: ["runtime/default"] },
}

function agree(
  kind: "seccomp" | "apparmor",
  annotation: string | undefined,
  profile: SeccompProfile | AppArmorProfile | undefined,
  path: FieldPath,
): readonly FieldError[] {
  if (annotation === undefined || profile === undefined) return NONE
  const { member, standard } = NAMES[kind]
  const at = path.child(member)
  const differs = [field.forbidden(at.child("type"), `${kind} type in annotation and field must match`)]
  switch (profile.type) {
    case "Unconfined":
      return annotation === "unconfined" ? NONE : differs
    case "RuntimeDefault":
      return standard.includes(annotation) ? NONE : differs
    case "Localhost":
      if (!annotation.startsWith("localhost/")) return differs
      if (annotation === `localhost/${profile.localhostProfile ?? ""}`) return NONE
      return [field.forbidden(at.child("localhostProfile"), `${kind} profile in annotation and field must match`)]
    default:
      return NONE
  }
}
