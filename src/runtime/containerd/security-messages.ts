import type { InputOf } from "../../machinery/schema/schema.ts"
import type { ContainerSecurityContext, SeccompProfile } from "../container.ts"
import { GROUPS_POLICIES, numberOf, PROFILE_TYPES } from "../cri/enums.ts"
import { namespacesMessage } from "../cri/namespaces.ts"
import type * as messages from "../cri/security-messages.ts"
import { defaultMaskedPaths, defaultReadonlyPaths } from "../oci/spec/paths.ts"
import type { SandboxSecurityContext } from "../sandbox.ts"

export function sandboxSecurityMessage(
  context: SandboxSecurityContext,
): InputOf<typeof messages.LinuxSandboxSecurityContext> {
  const { privileged = false, readonlyRootfs = false, runAsGroup, runAsUser, supplementalGroups = [] } = context
  return {
    ...both(context),
    ...(runAsUser !== undefined && { runAsUser: { value: runAsUser } }),
    ...(runAsGroup !== undefined && { runAsGroup: { value: runAsGroup } }),
    supplementalGroups,
    readonlyRootfs,
    privileged,
  }
}

export function containerSecurityMessage(
  context: ContainerSecurityContext,
): InputOf<typeof messages.LinuxContainerSecurityContext> {
  const { capabilitiesAdd, capabilitiesAddAmbient = [], capabilitiesDrop, noNewPrivs, privileged } = context
  const { readonlyRootfs, runAsGroup, runAsUser, runAsUsername, supplementalGroups } = context
  return {
    ...both(context),
    capabilities: {
      addCapabilities: capabilitiesAdd,
      dropCapabilities: capabilitiesDrop,
      addAmbientCapabilities: capabilitiesAddAmbient,
    },
    privileged,
    ...(runAsUser !== undefined && { runAsUser: { value: runAsUser } }),
    ...(runAsUser === undefined && runAsUsername !== undefined && { runAsUsername }),
    ...(runAsGroup !== undefined && { runAsGroup: { value: runAsGroup } }),
    readonlyRootfs,
    supplementalGroups,
    noNewPrivs,
    // An empty list hides nothing, so the runtime has to be told the usual ones.
    maskedPaths: context.maskedPaths ?? defaultMaskedPaths,
    readonlyPaths: context.readonlyPaths ?? defaultReadonlyPaths,
  }
}

/** What sandboxes and containers have in common. */
function both(context: SandboxSecurityContext | ContainerSecurityContext) {
  const { apparmor, namespaceOptions, seccomp, selinux, supplementalGroupsPolicy = "Merge" } = context
  return {
    namespaceOptions: namespacesMessage(namespaceOptions),
    supplementalGroupsPolicy: numberOf(GROUPS_POLICIES, supplementalGroupsPolicy),
    ...(seccomp && { seccomp: profileMessage(seccomp) }),
    ...(apparmor && { apparmor: profileMessage(apparmor) }),
    ...(selinux && { selinuxOptions: { ...selinux } }),
  }
}

const profileMessage = ({ localhostRef = "", type }: SeccompProfile) => ({
  profileType: numberOf(PROFILE_TYPES, type),
  localhostRef,
})
