import { quote } from "../../../machinery/field/quote.ts"
import {
  type Check,
  type CheckPod,
  containerList,
  containersOf,
  namesWhere,
  plural,
  quoted,
  setters,
  sortedSet,
  unlessOwnUsers,
  unlessWindows,
} from "./check.ts"

/** What keeps a container apart from the kernel: AppArmor, SELinux, seccomp, masked paths, kernel settings. */

const APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"

const appArmor: CheckPod = ({ annotations, spec }) => {
  const isBad = (type: string | undefined) => type !== undefined && type !== "RuntimeDefault" && type !== "Localhost"
  const ofPod = spec.securityContext?.appArmorProfile?.type
  const names = namesWhere(spec, ({ securityContext }) => isBad(securityContext?.appArmorProfile?.type))
  const types = [ofPod, ...containersOf(spec).map(({ securityContext }) => securityContext?.appArmorProfile?.type)]
  const allowed = (value: string) => value === "" || value === "runtime/default" || value.startsWith("localhost/")
  const bad = Object.entries(annotations)
    .filter(([key, value]) => key.startsWith(APPARMOR_ANNOTATION) && !allowed(value))
    .map(([key, value]) => `${key}=${quote(value)}`)
    .sort()
  if (!isBad(ofPod) && names.length === 0 && bad.length === 0) return undefined
  const values = [...sortedSet(types.filter((type) => type !== undefined).filter(isBad)), ...bad]
  const who = setters(isBad(ofPod), names, bad.length > 0 ? [plural(bad.length, "annotation")] : [])
  return {
    reason: plural(values.length, "forbidden AppArmor profile"),
    detail: `${who} must not set AppArmor profile type to ${quoted(values)}`,
  }
}

const seLinux =
  (allowed: readonly string[]): CheckPod =>
  ({ spec }) => {
    const all = [spec, ...containersOf(spec)].map(({ securityContext }) => securityContext?.seLinuxOptions ?? {})
    const isBad = ({ type = "", user = "", role = "" }: (typeof all)[number]) =>
      !allowed.includes(type) || user !== "" || role !== ""
    const ofPod = isBad(spec.securityContext?.seLinuxOptions ?? {})
    const names = namesWhere(spec, ({ securityContext }) => isBad(securityContext?.seLinuxOptions ?? {}))
    if (!ofPod && names.length === 0) return undefined
    const types = sortedSet(all.map(({ type = "" }) => type).filter((type) => !allowed.includes(type)))
    const what = [
      ...(types.length > 0 ? [`${plural(types.length, "type")} ${quoted(types)}`] : []),
      ...(all.some(({ user = "" }) => user !== "") ? ["user may not be set"] : []),
      ...(all.some(({ role = "" }) => role !== "") ? ["role may not be set"] : []),
    ]
    const detail = `${setters(ofPod, names)} set forbidden securityContext.seLinuxOptions: ${what.join("; ")}`
    return { reason: "seLinuxOptions", detail }
  }

const SELINUX_TYPES = ["", "container_t", "container_init_t", "container_kvm_t"]

const SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
const SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"

/** Before there was a field. */
const seccompAnnotations: CheckPod = ({ annotations, spec }) => {
  const allowed = (value: string) =>
    value === "runtime/default" || value === "docker/default" || value.startsWith("localhost/")
  const keys = [SECCOMP_POD, ...containersOf(spec).map(({ name }) => SECCOMP_CONTAINER + name)]
  const bad = keys.flatMap((key) => {
    const value = Object.hasOwn(annotations, key) ? annotations[key] : undefined
    return value === undefined || allowed(value) ? [] : [`${key}=${quote(value)}`]
  })
  const forbidden = sortedSet(bad)
  if (forbidden.length === 0) return undefined
  const detail = `forbidden ${plural(forbidden.length, "annotation")} ${forbidden.join(", ")}`
  return { reason: "seccompProfile", detail }
}

const isConfined = (type: string | undefined): boolean => type === "RuntimeDefault" || type === "Localhost"

const seccompBaseline: CheckPod = ({ spec }) => {
  const isBad = (type: string | undefined) => type !== undefined && !isConfined(type)
  const ofPod = isBad(spec.securityContext?.seccompProfile?.type)
  const names = namesWhere(spec, ({ securityContext }) => isBad(securityContext?.seccompProfile?.type))
  if (!ofPod && names.length === 0) return undefined
  const types = [spec, ...containersOf(spec)].map(({ securityContext }) => securityContext?.seccompProfile?.type)
  const values = quoted(sortedSet(types.filter((type) => type !== undefined).filter(isBad)))
  const detail = `${setters(ofPod, names)} must not set securityContext.seccompProfile.type to ${values}`
  return { reason: "seccompProfile", detail }
}

const seccompRestricted: CheckPod = (subject) => {
  const explicit = seccompBaseline(subject)
  if (explicit !== undefined) return explicit
  const { spec } = subject
  if (isConfined(spec.securityContext?.seccompProfile?.type)) return undefined
  const silent = namesWhere(spec, ({ securityContext }) => securityContext?.seccompProfile === undefined)
  if (silent.length === 0) return undefined
  const wanted = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
  return { reason: "seccompProfile", detail: `pod or ${containerList(silent)} ${wanted}` }
}

const procMount: CheckPod = ({ spec }) => {
  const isBad = (type: string | undefined) => type !== undefined && type !== "Default"
  const names = namesWhere(spec, ({ securityContext }) => isBad(securityContext?.procMount))
  if (names.length === 0) return undefined
  const types = containersOf(spec).map(({ securityContext }) => securityContext?.procMount)
  const values = quoted(sortedSet(types.filter((type) => type !== undefined).filter(isBad)))
  return { reason: "procMount", detail: `${containerList(names)} must not set securityContext.procMount to ${values}` }
}

const sysctls =
  (allowed: readonly string[]): CheckPod =>
  ({ spec }) => {
    const names = (spec.securityContext?.sysctls ?? []).map(({ name }) => name)
    const forbidden = names.filter((name) => !allowed.includes(name))
    return forbidden.length === 0 ? undefined : { reason: "forbidden sysctls", detail: forbidden.join(", ") }
  }

const ipv4 = (...names: readonly string[]) => names.map((name) => `net.ipv4.${name}`)
const SYSCTLS = [
  "kernel.shm_rmid_forced",
  ...ipv4("ip_local_port_range", "tcp_syncookies", "ping_group_range", "ip_unprivileged_port_start"),
]
const SYSCTLS_27 = [...SYSCTLS, ...ipv4("ip_local_reserved_ports")]
const SYSCTLS_29 = [
  ...SYSCTLS_27,
  ...ipv4("tcp_keepalive_time", "tcp_fin_timeout", "tcp_keepalive_intvl", "tcp_keepalive_probes"),
]
const SYSCTLS_32 = [...SYSCTLS_29, ...ipv4("tcp_rmem", "tcp_wmem")]

export const confinementChecks: readonly Check[] = [
  { id: "appArmorProfile", level: "baseline", since: [[0, appArmor]] },
  {
    id: "procMount",
    level: "baseline",
    since: [
      [0, procMount],
      [35, unlessOwnUsers(procMount)],
    ],
  },
  { id: "procMount_restricted", level: "restricted", replaces: "procMount", since: [[35, procMount]] },
  {
    id: "seLinuxOptions",
    level: "baseline",
    since: [
      [0, seLinux(SELINUX_TYPES)],
      [31, seLinux([...SELINUX_TYPES, "container_engine_t"])],
    ],
  },
  {
    id: "seccompProfile_baseline",
    level: "baseline",
    since: [
      [0, seccompAnnotations],
      [19, seccompBaseline],
    ],
  },
  {
    id: "seccompProfile_restricted",
    level: "restricted",
    replaces: "seccompProfile_baseline",
    since: [
      [19, seccompRestricted],
      [25, unlessWindows(seccompRestricted)],
    ],
  },
  {
    id: "sysctls",
    level: "baseline",
    since: [
      [0, sysctls(SYSCTLS)],
      [27, sysctls(SYSCTLS_27)],
      [29, sysctls(SYSCTLS_29)],
      [32, sysctls(SYSCTLS_32)],
    ],
  },
]
