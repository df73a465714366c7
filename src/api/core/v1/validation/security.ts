import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { userId } from "../../../../machinery/names/identifiers.ts"
import type { PodSpec } from "../pod-spec.ts"
import type { AppArmorProfile, SeccompProfile, SecurityContext, Sysctl } from "../security-context.ts"
import { allOf, descendingPath, type Errors, NONE, oneOf } from "./rules.ts"
import { validateWindowsOptions } from "./windows.ts"

function id(value: number | undefined, path: FieldPath): Errors {
  return value === undefined ? NONE : allOf(userId(value), value, path)
}

function optional(value: string | undefined, allowed: readonly string[], path: FieldPath): Errors {
  return value === undefined ? NONE : oneOf(value, allowed, path)
}

/** `hostUsers`: the pod's users are those of the node. */
export function validateContainerSecurity(
  context: SecurityContext | undefined,
  hostUsers: boolean,
  path: FieldPath,
): Errors {
  if (context === undefined) return NONE
  const { procMount, allowPrivilegeEscalation, privileged, capabilities } = context
  const errors: FieldError[] = [
    ...id(context.runAsUser, path.child("runAsUser")),
    ...id(context.runAsGroup, path.child("runAsGroup")),
    ...optional(procMount, ["Default", "Unmasked"], path.child("procMount")),
  ]
  if (hostUsers && procMount === "Unmasked") {
    errors.push(field.invalid(path.child("procMount"), procMount, "`hostUsers` must be false to use `Unmasked`"))
  }
  errors.push(...validateSeccomp(context.seccompProfile, path.child("seccompProfile")))
  if (allowPrivilegeEscalation === false) {
    if (privileged) {
      const why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
      errors.push(field.invalid(path, context, why))
    }
    if (capabilities?.add?.includes("CAP_SYS_ADMIN")) {
      const why = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
      errors.push(field.invalid(path, context, why))
    }
  }
  errors.push(...validateWindowsOptions(context.windowsOptions, path.child("windowsOptions")))
  errors.push(...validateAppArmor(context.appArmorProfile, path.child("appArmorProfile")))
  return errors
}

export function validatePodSecurity(spec: PodSpec, path: FieldPath): Errors {
  const context = spec.securityContext
  return [
    ...id(context.fsGroup, path.child("fsGroup")),
    ...id(context.runAsUser, path.child("runAsUser")),
    ...id(context.runAsGroup, path.child("runAsGroup")),
    ...(context.supplementalGroups ?? []).flatMap((group, index) =>
      id(group, path.child("supplementalGroups").index(index)),
    ),
    ...(spec.hostPID && spec.shareProcessNamespace
      ? [
          field.invalid(
            path.child("shareProcessNamespace"),
            true,
            "ShareProcessNamespace and HostPID cannot both be enabled",
          ),
        ]
      : NONE),
    ...validateSysctls(context.sysctls ?? [], spec, path.child("sysctls")),
    ...optional(context.fsGroupChangePolicy, ["Always", "OnRootMismatch"], path.child("fsGroupChangePolicy")),
    ...validateSeccomp(context.seccompProfile, path.child("seccompProfile")),
    ...validateWindowsOptions(context.windowsOptions, path.child("windowsOptions")),
    ...validateAppArmor(context.appArmorProfile, path.child("appArmorProfile")),
    ...optional(context.supplementalGroupsPolicy, ["Merge", "Strict"], path.child("supplementalGroupsPolicy")),
    ...optional(context.seLinuxChangePolicy, ["MountOption", "Recursive"], path.child("seLinuxChangePolicy")),
  ]
}

const PROFILE_TYPES = ["Localhost", "RuntimeDefault", "Unconfined"]

function validateSeccomp(profile: SeccompProfile | undefined, path: FieldPath): Errors {
  if (profile === undefined) return NONE
  const { type, localhostProfile } = profile
  const at = path.child("localhostProfile")
  const typeErrors =
    type === ""
      ? [field.required(path.child("type"), "type is required when seccompProfile is set")]
      : oneOf(type, PROFILE_TYPES, path.child("type"))
  if (type !== "Localhost") {
    if (localhostProfile === undefined) return typeErrors
    return [...typeErrors, field.invalid(at, profile, "can only be set when seccomp type is Localhost")]
  }
  if (localhostProfile === undefined) {
    return [...typeErrors, field.required(at, "must be set when seccomp type is Localhost")]
  }
  return [...typeErrors, ...descendingPath(localhostProfile, at)]
}

/** The longest path in Linux, without its end. */
const PROFILE_BYTES_MAX = 4095

export function validateAppArmor(profile: AppArmorProfile | undefined, path: FieldPath): Errors {
  if (profile === undefined) return NONE
  const { type, localhostProfile } = profile
  const at = path.child("localhostProfile")
  if (type === "") return [field.required(path.child("type"), "type is required when appArmorProfile is set")]
  if (!PROFILE_TYPES.includes(type)) return oneOf(type, PROFILE_TYPES, path.child("type"))
  if (type !== "Localhost") {
    if (localhostProfile === undefined) return NONE
    return [field.invalid(at, localhostProfile, "can only be set when AppArmor type is Localhost")]
  }
  const missing = [field.required(at, "must be set when AppArmor type is Localhost")]
  if (localhostProfile === undefined) return missing
  const padded = localhostProfile.trim() !== localhostProfile
  return [
    ...(padded
      ? [field.invalid(at, localhostProfile, "must not be padded with whitespace")]
      : localhostProfile === ""
        ? missing
        : NONE),
    ...(localhostProfile.length > PROFILE_BYTES_MAX ? [field.tooLong(at, PROFILE_BYTES_MAX)] : NONE),
  ]
}

const SYSCTL_BYTES_MAX = 253
const SYSCTL_PART = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
const SYSCTL = `^(${SYSCTL_PART}[\\./])*${SYSCTL_PART}$`
const sysctlPattern = new RegExp(SYSCTL)
const IPC_SYSCTL = /^kernel\.(sem|shm(all|max|mni|_rmid_forced)?|msg(max|mnb|mni)?)$|^fs\.mqueue\./

function validateSysctls(sysctls: readonly Sysctl[], { hostNetwork, hostIPC }: PodSpec, path: FieldPath): Errors {
  const seen = new Set<string>()
  return sysctls.flatMap(({ name }, index) => {
    const at = path.index(index).child("name")
    const errors: FieldError[] = []
    if (name === "") errors.push(field.required(at))
    else if (name.length > SYSCTL_BYTES_MAX || !sysctlPattern.test(name)) {
      errors.push(field.invalid(at, name, `must have at most ${SYSCTL_BYTES_MAX} characters and match regex ${SYSCTL}`))
    } else if (seen.has(name)) errors.push(field.duplicate(at, name))
    const dotted = normalized(name)
    if (hostNetwork && dotted.startsWith("net.")) {
      errors.push(field.invalid(at, name, "may not be specified when 'hostNetwork' is true"))
    } else if (hostIPC && IPC_SYSCTL.test(dotted)) {
      errors.push(field.invalid(at, name, "may not be specified when 'hostIPC' is true"))
    }
    seen.add(name)
    return errors
  })
}

/** With slashes as separators, dots are part of the names. */
function normalized(name: string): string {
  const separator = /[./]/.exec(name)?.[0]
  if (separator !== "/") return name
  return name.replace(/[./]/g, (character) => (character === "/" ? "." : "/"))
}
