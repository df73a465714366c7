import {
  type Check,
  type CheckPod,
  type Container,
  containerList,
  containersOf,
  namesWhere,
  quoted,
  setters,
  sortedSet,
  unlessOwnUsers,
  unlessWindows,
} from "./check.ts"

/** Users and capabilities: what a process of a container may be and do. */

const DEFAULT_CAPABILITIES = new Set(
  "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT".split(
    " ",
  ),
)

const added = ({ securityContext }: Container) => securityContext?.capabilities?.add ?? []

const capabilitiesBaseline: CheckPod = ({ spec }) => {
  const isForeign = (name: string) => !DEFAULT_CAPABILITIES.has(name)
  const names = namesWhere(spec, (container) => added(container).some(isForeign))
  if (names.length === 0) return undefined
  const foreign = sortedSet(containersOf(spec).flatMap(added).filter(isForeign))
  const detail = `${containerList(names)} must not include ${quoted(foreign)} in securityContext.capabilities.add`
  return { reason: "non-default capabilities", detail }
}

const capabilitiesRestricted: CheckPod = ({ spec }) => {
  const isForbidden = (name: string) => name !== "NET_BIND_SERVICE"
  const keeping = namesWhere(spec, ({ securityContext }) => !securityContext?.capabilities?.drop?.includes("ALL"))
  const adding = namesWhere(spec, (container) => added(container).some(isForbidden))
  const details: string[] = []
  if (keeping.length > 0) details.push(`${containerList(keeping)} must set securityContext.capabilities.drop=["ALL"]`)
  if (adding.length > 0) {
    const forbidden = quoted(sortedSet(containersOf(spec).flatMap(added).filter(isForbidden)))
    details.push(`${containerList(adding)} must not include ${forbidden} in securityContext.capabilities.add`)
  }
  return details.length === 0 ? undefined : { reason: "unrestricted capabilities", detail: details.join("; ") }
}

const privileged: CheckPod = ({ spec }) => {
  const names = namesWhere(spec, ({ securityContext }) => securityContext?.privileged === true)
  if (names.length === 0) return undefined
  return { reason: "privileged", detail: `${containerList(names)} must not set securityContext.privileged=true` }
}

const privilegeEscalation: CheckPod = ({ spec }) => {
  const names = namesWhere(spec, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false)
  if (names.length === 0) return undefined
  return {
    reason: "allowPrivilegeEscalation != false",
    detail: `${containerList(names)} must set securityContext.allowPrivilegeEscalation=false`,
  }
}

const runAsNonRoot: CheckPod = ({ spec }) => {
  const reason = "runAsNonRoot != true"
  const ofPod = spec.securityContext?.runAsNonRoot
  const explicit = namesWhere(spec, ({ securityContext }) => securityContext?.runAsNonRoot === false)
  if (ofPod === false || explicit.length > 0) {
    return { reason, detail: `${setters(ofPod === false, explicit)} must not set securityContext.runAsNonRoot=false` }
  }
  const silent = namesWhere(spec, ({ securityContext }) => securityContext?.runAsNonRoot === undefined)
  if (ofPod === true || silent.length === 0) return undefined
  return { reason, detail: `pod or ${containerList(silent)} must set securityContext.runAsNonRoot=true` }
}

const runAsUser: CheckPod = ({ spec }) => {
  const ofPod = spec.securityContext?.runAsUser === 0
  const names = namesWhere(spec, ({ securityContext }) => securityContext?.runAsUser === 0)
  if (!ofPod && names.length === 0) return undefined
  return { reason: "runAsUser=0", detail: `${setters(ofPod, names)} must not set runAsUser=0` }
}

export const privilegeChecks: readonly Check[] = [
  { id: "capabilities_baseline", level: "baseline", since: [[0, capabilitiesBaseline]] },
  { id: "privileged", level: "baseline", since: [[0, privileged]] },
  {
    id: "allowPrivilegeEscalation",
    level: "restricted",
    since: [
      [8, privilegeEscalation],
      [25, unlessWindows(privilegeEscalation)],
    ],
  },
  {
    id: "capabilities_restricted",
    level: "restricted",
    replaces: "capabilities_baseline",
    since: [
      [22, capabilitiesRestricted],
      [25, unlessWindows(capabilitiesRestricted)],
    ],
  },
  {
    id: "runAsNonRoot",
    level: "restricted",
    since: [
      [0, runAsNonRoot],
      [35, unlessOwnUsers(runAsNonRoot)],
    ],
  },
  {
    id: "runAsUser",
    level: "restricted",
    since: [
      [23, runAsUser],
      [35, unlessOwnUsers(runAsUser)],
    ],
  },
]
