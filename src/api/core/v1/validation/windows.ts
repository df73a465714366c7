import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import type { PodSpec } from "../pod-spec.ts"
import type { WindowsSecurityContextOptions } from "../security-context.ts"
import { containersOf } from "./all-containers.ts"
import { type Errors, NONE, nonEmpty, oneOf, subdomain } from "./rules.ts"

/** Options of Windows pods. They are stored as in Kubernetes, so that manifests for mixed clusters are accepted. */

const CREDENTIAL_KIB_MAX = 64
const DOMAIN_LENGTH_MAX = 256
const USER_LENGTH_MAX = 104
const NETBIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/
const DNS_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
const DNS = new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`)

export function validateWindowsOptions(options: WindowsSecurityContextOptions | undefined, path: FieldPath): Errors {
  if (options === undefined) return NONE
  const { gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName } = options
  const spec = path.child("gmsaCredentialSpec")
  return [
    ...(gmsaCredentialSpecName === undefined
      ? NONE
      : subdomain(gmsaCredentialSpecName, path.child("gmsaCredentialSpecName"))),
    ...(gmsaCredentialSpec === "" ? [field.invalid(spec, "", "gmsaCredentialSpec cannot be an empty string")] : NONE),
    ...((gmsaCredentialSpec?.length ?? 0) > CREDENTIAL_KIB_MAX * 1024
      ? [field.invalid(spec, gmsaCredentialSpec, `gmsaCredentialSpec size must be under ${CREDENTIAL_KIB_MAX} KiB`)]
      : NONE),
    ...(runAsUserName === undefined
      ? NONE
      : userNameProblems(runAsUserName).map((problem) =>
          field.invalid(path.child("runAsUserName"), runAsUserName, problem),
        )),
  ]
}

function userNameProblems(name: string): readonly string[] {
  if (name === "") return ["runAsUserName cannot be an empty string"]
  if (/\p{Cc}/u.test(name)) return ["runAsUserName cannot contain control characters"]
  const parts = name.split("\\")
  if (parts.length > 2) return ["runAsUserName cannot contain more than one backslash"]
  const user = parts.at(-1) ?? ""
  const domain = parts.length === 2 ? (parts[0] ?? "") : undefined
  const problems: string[] = []
  if ((domain?.length ?? 0) >= DOMAIN_LENGTH_MAX) {
    problems.push(`runAsUserName's Domain length must be under ${DOMAIN_LENGTH_MAX} characters`)
  }
  if (domain !== undefined && !NETBIOS.test(domain) && !DNS.test(domain)) {
    problems.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
  }
  if (user === "") problems.push("runAsUserName's User cannot be empty")
  if (user.length > USER_LENGTH_MAX) {
    problems.push(`runAsUserName's User length must not be longer than ${USER_LENGTH_MAX} characters`)
  }
  if (/^[. ]+$/.test(user)) problems.push("runAsUserName's User cannot contain only periods or spaces")
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    problems.push(`runAsUserName's User cannot contain the following characters: "/\\:;|=,+*?<>@[]`)
  }
  return problems
}

/** Either all containers of a pod are processes of the host, or none. */
export function validateHostProcess(spec: PodSpec, path: FieldPath): Errors {
  const ofPod = spec.securityContext.windowsOptions?.hostProcess
  const errors: FieldError[] = []
  const containers = containersOf(spec, path)
  let count = 0
  for (const { container, at } of containers) {
    const own = container.securityContext?.windowsOptions?.hostProcess
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      const where = at.child("securityContext").child("windowsOptions").child("hostProcess")
      errors.push(
        field.invalid(where, own, `pod hostProcess value must be identical if both are specified, was ${ofPod}`),
      )
    }
    if (own ?? ofPod) count++
  }
  if (count === 0) return errors
  if (count !== containers.length) {
    const why = "If pod contains any hostProcess containers then all containers must be HostProcess containers"
    errors.push(field.invalid(path, "", why))
  }
  if (!spec.hostNetwork) {
    const why = "hostNetwork must be true if pod contains any hostProcess containers"
    errors.push(field.invalid(path.child("hostNetwork"), false, why))
  }
  return errors
}

const WINDOWS = "cannot be set for a windows pod"
const LINUX = "windows options cannot be set for a linux pod"
const POD_MEMBERS = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "fsGroup",
  "fsGroupChangePolicy",
  "sysctls",
  "runAsUser",
  "runAsGroup",
  "supplementalGroups",
  "supplementalGroupsPolicy",
  "seLinuxChangePolicy",
] as const
const CONTAINER_MEMBERS = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "capabilities",
  "readOnlyRootFilesystem",
  "privileged",
  "allowPrivilegeEscalation",
  "procMount",
  "runAsUser",
  "runAsGroup",
] as const

/** What a pod may not say once it has named its operating system. */
export function validateOs(spec: PodSpec, path: FieldPath): Errors {
  if (spec.os === undefined) return NONE
  const { name } = spec.os
  const known = [
    ...nonEmpty(name, path.child("os").child("name")),
    ...(name === "" ? NONE : oneOf(name, ["linux", "windows"], path.child("os"))),
  ]
  if (known.length > 0) return known
  const context = spec.securityContext
  const at = path.child("securityContext")
  if (name === "linux") {
    return [
      ...(context.windowsOptions === undefined ? NONE : [field.forbidden(at.child("windowsOptions"), LINUX)]),
      ...containersOf(spec, path)
        .filter(({ container }) => container.securityContext?.windowsOptions !== undefined)
        .map((one) => field.forbidden(one.at.child("securityContext").child("windowsOptions"), LINUX)),
    ]
  }
  const ofPod = POD_MEMBERS.filter((member) => context[member] !== undefined)
  const { hostUsers, hostPID, hostIPC, shareProcessNamespace } = spec
  const ofSpec = Object.entries({ hostUsers, hostPID, hostIPC, shareProcessNamespace }).filter(
    ([, value]) => value !== undefined,
  )
  return [
    ...ofPod.map((member) => field.forbidden(at.child(member), WINDOWS)),
    ...ofSpec.map(([member]) => field.forbidden(path.child(member), WINDOWS)),
    ...containersOf(spec, path).flatMap(({ container, at: where }) =>
      CONTAINER_MEMBERS.filter((member) => container.securityContext?.[member] !== undefined).map((member) =>
        field.forbidden(where.child("securityContext").child(member), WINDOWS),
      ),
    ),
  ]
}
