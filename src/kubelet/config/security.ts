import { join } from "node:path"
import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { SecurityContext } from "../../api/core/v1/security-context.ts"
import { quote } from "../../machinery/field/quote.ts"
import type {
  ContainerId,
  ContainerSecurityContext,
  NamespaceOptions,
  SeccompProfile,
  UserNamespace,
} from "../../runtime/runtime.ts"
import { describePod } from "../pod/containers.ts"

/** The user that an image asks for: a number, or a name when it is none. */
export interface ImageUser {
  readonly uid: number | null
  readonly username: string
}

export interface SecurityOptions {
  readonly image: ImageUser
  /** Ephemeral containers: whose process namespace is joined. */
  readonly targetId?: ContainerId
  /** Groups of the pod's volumes. */
  readonly volumeGroups?: readonly number[]
  /** Absent: the node's users are the pod's. */
  readonly userns?: UserNamespace
  /** The runtime's profile confines containers that do not say otherwise. Default: yes. */
  readonly seccompDefault?: boolean
  /** Folder of `localhostProfile` files. */
  readonly seccompDir: string
}

/** How a container is confined: its own settings over those of the pod. Throws with Kubernetes' message. */
export function containerSecurity(pod: Pod, container: Container, options: SecurityOptions): ContainerSecurityContext {
  const whole = pod.spec.securityContext
  const own = container.securityContext
  const effective: SecurityContext = { ...pick(whole), ...own }
  verifyNonRoot(pod, container, effective, options.image)
  const { image } = options
  const namespaces = namespaceOptions(pod, options.userns)
  const joins = options.targetId !== undefined && namespaces.pid === "CONTAINER"
  const named = [...(whole?.fsGroup === undefined ? [] : [whole.fsGroup]), ...(whole?.supplementalGroups ?? [])]
  const groups = [...named, ...(options.volumeGroups ?? []).filter((group) => !named.includes(group))]
  const privileged = effective.privileged === true
  const runAsUser = effective.runAsUser ?? image.uid ?? undefined
  const unmasked = effective.procMount === "Unmasked"
  const policy = whole?.supplementalGroupsPolicy
  const selinux = effective.seLinuxOptions
  const apparmor = appArmor(own?.appArmorProfile ?? whole?.appArmorProfile)
  return {
    privileged,
    namespaceOptions:
      joins && options.targetId ? { ...namespaces, pid: "TARGET", targetId: options.targetId } : namespaces,
    capabilitiesAdd: (effective.capabilities?.add ?? []).map(withoutPrefix),
    capabilitiesDrop: (effective.capabilities?.drop ?? []).map(withoutPrefix),
    ...(runAsUser !== undefined ? { runAsUser } : {}),
    ...(effective.runAsUser === undefined && image.username !== "" ? { runAsUsername: image.username } : {}),
    ...(effective.runAsGroup !== undefined ? { runAsGroup: effective.runAsGroup } : {}),
    supplementalGroups: groups,
    ...(policy === "Strict" || policy === "Merge" ? { supplementalGroupsPolicy: policy } : {}),
    readonlyRootfs: effective.readOnlyRootFilesystem === true,
    noNewPrivs: effective.allowPrivilegeEscalation === false,
    ...(unmasked ? { maskedPaths: [], readonlyPaths: [] } : {}),
    seccomp: seccomp(own?.seccompProfile ?? whole?.seccompProfile, privileged, options),
    ...(apparmor ? { apparmor } : {}),
    ...(selinux ? { selinux } : {}),
  }
}

/** What containers inherit from their pod. */
function pick(whole: Pod["spec"]["securityContext"]): SecurityContext {
  const { runAsGroup, runAsNonRoot, runAsUser, seLinuxOptions } = whole ?? {}
  return {
    ...(runAsUser !== undefined ? { runAsUser } : {}),
    ...(runAsGroup !== undefined ? { runAsGroup } : {}),
    ...(runAsNonRoot !== undefined ? { runAsNonRoot } : {}),
    ...(seLinuxOptions !== undefined ? { seLinuxOptions } : {}),
  }
}

function verifyNonRoot(pod: Pod, container: Container, effective: SecurityContext, image: ImageUser): void {
  if (effective.runAsNonRoot !== true) return
  const where = `(pod: ${quote(describePod(pod))}, container: ${container.name})`
  if (effective.runAsUser !== undefined) {
    if (effective.runAsUser === 0) throw new Error(`container's runAsUser breaks non-root policy ${where}`)
    return
  }
  // An image without a user runs as root.
  if (image.uid === 0 || (image.uid === null && image.username === "")) {
    throw new Error(`container has runAsNonRoot and image will run as root ${where}`)
  }
  if (image.uid === null) {
    throw new Error(
      `container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root ${where}`,
    )
  }
}

/** Privileged containers are not confined unless they ask to be. */
function seccomp(
  profile: SecurityContext["seccompProfile"],
  privileged: boolean,
  { seccompDefault = true, seccompDir: profileDir }: Pick<SecurityOptions, "seccompDefault" | "seccompDir">,
): SeccompProfile {
  if (profile === undefined) return { type: privileged || !seccompDefault ? "Unconfined" : "RuntimeDefault" }
  if (profile.type === "RuntimeDefault") return { type: "RuntimeDefault" }
  if (profile.type !== "Localhost") return { type: "Unconfined" }
  if (!profile.localhostProfile) throw new Error("localhostProfile must be set if seccompProfile type is Localhost.")
  return { type: "Localhost", localhostRef: join(profileDir, profile.localhostProfile) }
}

function appArmor(profile: SecurityContext["appArmorProfile"]): SeccompProfile | undefined {
  if (profile === undefined) return undefined
  if (profile.type === "Unconfined" || profile.type === "RuntimeDefault") return { type: profile.type }
  return { type: "Localhost", localhostRef: profile.localhostProfile ?? "" }
}

/** The API takes names with and without `CAP_`. */
function withoutPrefix(capability: string): string {
  return capability.replace(/^CAP_/i, "").toUpperCase()
}

export function namespaceOptions(pod: Pod, userns: UserNamespace | undefined): NamespaceOptions {
  const { hostIPC, hostNetwork, hostPID, shareProcessNamespace } = pod.spec
  return {
    network: hostNetwork ? "NODE" : "POD",
    pid: hostPID ? "NODE" : shareProcessNamespace ? "POD" : "CONTAINER",
    ipc: hostIPC ? "NODE" : "POD",
    ...(userns && { userns }),
  }
}
