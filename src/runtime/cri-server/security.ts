import type { TypeOf } from "../../machinery/schema/schema.ts"
import type { ContainerSecurityContext, SeccompProfile, SelinuxOptions } from "../container.ts"
import { GROUPS_POLICIES, PROFILE_TYPES } from "../cri/enums.ts"
import { namespacesOf } from "../cri/namespaces.ts"
import type * as messages from "../cri/security-messages.ts"
import type { SandboxSecurityContext } from "../sandbox.ts"
import { invalid } from "./errors.ts"

type Sandbox = TypeOf<typeof messages.LinuxSandboxSecurityContext>
type Container = TypeOf<typeof messages.LinuxContainerSecurityContext>

export function sandboxSecurity(message: Sandbox = {}): SandboxSecurityContext {
  const { apparmor, namespaceOptions, privileged = false, readonlyRootfs = false, runAsGroup, runAsUser } = message
  const { seccomp, selinuxOptions, supplementalGroups = [], supplementalGroupsPolicy = 0 } = message
  return {
    namespaceOptions: namespacesOf(namespaceOptions),
    ...(runAsUser && { runAsUser: runAsUser.value ?? 0 }),
    ...(runAsGroup && { runAsGroup: runAsGroup.value ?? 0 }),
    supplementalGroups,
    supplementalGroupsPolicy: GROUPS_POLICIES[supplementalGroupsPolicy] ?? "Merge",
    readonlyRootfs,
    privileged,
    ...(seccomp && { seccomp: profileOf(seccomp) }),
    ...(apparmor && { apparmor: profileOf(apparmor) }),
    ...(selinuxOptions && { selinux: selinuxOf(selinuxOptions) }),
  }
}

export function containerSecurity(message: Container = {}): ContainerSecurityContext {
  const { capabilities = {}, privileged = false, readonlyRootfs = false, noNewPrivs = false } = message
  const { runAsGroup, runAsUser, runAsUsername = "", supplementalGroups = [], supplementalGroupsPolicy = 0 } = message
  const { apparmor, apparmorProfile = "", maskedPaths = [], namespaceOptions, readonlyPaths = [] } = message
  const { seccomp, selinuxOptions } = message
  const { addAmbientCapabilities = [], addCapabilities = [], dropCapabilities = [] } = capabilities
  if (runAsGroup && runAsUser === undefined && runAsUsername === "") {
    throw invalid("user group is specified without user")
  }
  const appArmor = apparmor ? profileOf(apparmor) : namedAppArmor(apparmorProfile)
  return {
    privileged,
    namespaceOptions: namespacesOf(namespaceOptions),
    capabilitiesAdd: addCapabilities.map(withoutPrefix),
    capabilitiesDrop: dropCapabilities.map(withoutPrefix),
    ...(addAmbientCapabilities.length > 0 && { capabilitiesAddAmbient: addAmbientCapabilities.map(withoutPrefix) }),
    ...(runAsUser && { runAsUser: runAsUser.value ?? 0 }),
    ...(runAsUsername !== "" && { runAsUsername }),
    ...(runAsGroup && { runAsGroup: runAsGroup.value ?? 0 }),
    supplementalGroups,
    supplementalGroupsPolicy: GROUPS_POLICIES[supplementalGroupsPolicy] ?? "Merge",
    readonlyRootfs,
    noNewPrivs,
    // Empty lists say that nothing is hidden (procMount Unmasked), and only the kubelet's own are ever sent.
    maskedPaths,
    readonlyPaths,
    ...(seccomp && { seccomp: profileOf(seccomp) }),
    ...(appArmor && { apparmor: appArmor }),
    ...(selinuxOptions && { selinux: selinuxOf(selinuxOptions) }),
  }
}

const withoutPrefix = (name: string) => name.replace(/^CAP_/, "")

function profileOf({ localhostRef = "", profileType = 0 }: TypeOf<typeof messages.SecurityProfile>): SeccompProfile {
  const type = PROFILE_TYPES[profileType]
  if (type === undefined) throw invalid(`unknown security profile type ${profileType}`)
  return { type, ...(localhostRef !== "" && { localhostRef }) }
}

/** The form of before 1.24: `runtime/default`, `unconfined` or `localhost/NAME`. */
function namedAppArmor(name: string): SeccompProfile | undefined {
  if (name === "") return undefined
  if (name === "runtime/default") return { type: "RuntimeDefault" }
  if (name === "unconfined") return { type: "Unconfined" }
  if (name.startsWith("localhost/")) return { type: "Localhost", localhostRef: name.slice("localhost/".length) }
  throw invalid(`found the AppArmor profile "${name}", expected runtime/default, unconfined or localhost/NAME`)
}

function selinuxOf({ level, role, type, user }: TypeOf<typeof messages.SELinuxOption>): SelinuxOptions {
  return { ...(user && { user }), ...(role && { role }), ...(type && { type }), ...(level && { level }) }
}
