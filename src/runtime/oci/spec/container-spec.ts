import type { ContainerConfig, ContainerSecurityContext } from "../../container.ts"
import { RuntimeError } from "../../errors.ts"
import type { UserNamespace } from "../../sandbox.ts"
import { resolveCapabilities } from "./capabilities.ts"
import { idMappings } from "./id-mappings.ts"
import {
  combineMounts,
  defaultMounts,
  type ResolvedMount,
  rootPropagation,
  type SandboxFiles,
  userMount,
} from "./mounts.ts"
import { ociNamespaces, type SandboxNamespaces } from "./namespaces.ts"
import { defaultMaskedPaths, defaultReadonlyPaths } from "./paths.ts"
import { type ImageDefaults, processArgs, processCwd, processEnv } from "./process.ts"
import { attainableOomScore, type CgroupMode, ociResources } from "./resources.ts"
import { type Architecture, defaultSeccompProfile } from "./seccomp.ts"
import type { OciDevice, OciDeviceRule, OciProcess, OciSeccomp, OciSpec } from "./types.ts"
import { resolveUser } from "./users.ts"

/** What the machine can do, read once at start. */
export interface MachineFacts {
  readonly arch: Architecture
  readonly cgroupMode: CgroupMode
  readonly limitsHugePages: boolean
  /** The bounding set of this process, as `CAP_…`. */
  readonly capabilities: ReadonlySet<string>
  /** This process's own oom_score_adj. */
  readonly oomScoreAdj: number
  readonly seccomp: boolean
  readonly apparmor: boolean
  readonly selinux: boolean
}

/** Everything a specification depends on, gathered by the caller so that building it needs no I/O. */
export interface ContainerSpecInput {
  readonly config: ContainerConfig
  readonly image: ImageDefaults
  /** Content of the image's user databases; empty when missing. */
  readonly passwd: string
  readonly group: string
  readonly rootfsPath: string
  readonly hostname: string
  readonly cgroupsPath: string
  readonly namespaces: SandboxNamespaces
  readonly pidPath: string | null
  readonly userns: UserNamespace | undefined
  readonly files: SandboxFiles
  readonly mounts: readonly ResolvedMount[]
  /** Device nodes to make, and what the container may do with them: all of the node's when privileged. */
  readonly devices: readonly (OciDevice & { readonly permissions: string })[]
  /** Parsed content of a Localhost seccomp profile. */
  readonly localhostSeccomp: OciSeccomp | null
  readonly machine: MachineFacts
}

export interface BuiltSpec {
  readonly spec: OciSpec
  /** What was asked for and cannot be done on this machine. */
  readonly warnings: readonly string[]
}

const OCI_VERSION = "1.0.2"

/** The OCI runtime specification of a container. Throws RuntimeError for a configuration that cannot work. */
export function buildContainerSpec(input: ContainerSpecInput): BuiltSpec {
  const { config, machine } = input
  const security = config.linux.securityContext
  const warnings: string[] = []
  const process = buildProcess(input, warnings)
  const seccomp = chooseSeccomp(input, process.capabilities.bounding, warnings)
  const defaults = defaultMounts(security.privileged, input.files, security.readonlyRootfs)
  const spec: OciSpec = {
    ociVersion: OCI_VERSION,
    process,
    root: { path: input.rootfsPath, readonly: security.readonlyRootfs },
    mounts: combineMounts(defaults, input.mounts.map(userMount)),
    linux: {
      namespaces: ociNamespaces({
        options: security.namespaceOptions,
        sandbox: input.namespaces,
        pidPath: input.pidPath,
        privileged: security.privileged,
        cgroupMode: machine.cgroupMode,
      }),
      ...idMappings(input.userns),
      devices: input.devices.map(withoutPermissions),
      cgroupsPath: input.cgroupsPath,
      resources: ociResources(config.linux.resources, machine, deviceRules(input)),
      rootfsPropagation: rootPropagation(config.mounts),
      maskedPaths: security.privileged ? [] : (security.maskedPaths ?? defaultMaskedPaths),
      readonlyPaths: security.privileged ? [] : (security.readonlyPaths ?? defaultReadonlyPaths),
      ...(seccomp === null ? {} : { seccomp }),
    },
  }
  return { spec, warnings }
}

function buildProcess(input: ContainerSpecInput, warnings: string[]): OciProcess {
  const { config, image, machine } = input
  const security = config.linux.securityContext
  const { capabilities, missing } = resolveCapabilities({
    privileged: security.privileged,
    add: security.capabilitiesAdd,
    drop: security.capabilitiesDrop,
    ...(security.capabilitiesAddAmbient === undefined ? {} : { addAmbient: security.capabilitiesAddAmbient }),
    available: machine.capabilities,
  })
  if (missing.length > 0) warnings.push(`not available on this machine and left out: ${missing.join(", ")}`)
  const canLower = machine.capabilities.has("CAP_SYS_RESOURCE")
  const oom = attainableOomScore(config.linux.resources.oomScoreAdj, machine.oomScoreAdj, canLower)
  if (oom.warning !== null) warnings.push(oom.warning)
  return {
    terminal: config.tty,
    user: resolveUser({ ...security, imageUser: image.user, passwd: input.passwd, group: input.group }),
    args: processArgs(config, image),
    env: processEnv(config, image, input.hostname),
    cwd: processCwd(config, image),
    capabilities,
    noNewPrivileges: security.noNewPrivs,
    ...(oom.value === undefined ? {} : { oomScoreAdj: oom.value }),
    ...appArmorProfile(security, machine),
    ...selinuxLabel(security, machine, warnings),
  }
}

function appArmorProfile(security: ContainerSecurityContext, machine: MachineFacts): { apparmorProfile?: string } {
  if (security.apparmor?.type !== "Localhost") return {}
  const profile = security.apparmor.localhostRef ?? ""
  if (!machine.apparmor) {
    throw new RuntimeError("Unsupported", `AppArmor profile ${profile} is asked for, and this kernel has no AppArmor`)
  }
  return { apparmorProfile: profile }
}

function selinuxLabel(
  security: ContainerSecurityContext,
  machine: MachineFacts,
  warnings: string[],
): { selinuxLabel?: string } {
  const { user = "", role = "", type = "", level = "" } = security.selinux ?? {}
  if (user + role + type + level === "") return {}
  if (!machine.selinux) {
    warnings.push("seLinuxOptions have no effect: this kernel has no SELinux")
    return {}
  }
  return { selinuxLabel: `${user || "system_u"}:${role || "system_r"}:${type || "container_t"}:${level || "s0"}` }
}

function chooseSeccomp(input: ContainerSpecInput, bounding: readonly string[], warnings: string[]): OciSeccomp | null {
  const { config, machine } = input
  const security = config.linux.securityContext
  const type = security.seccomp?.type ?? "Unconfined"
  if (security.privileged || type === "Unconfined") return null
  if (!machine.seccomp) {
    if (type === "Localhost") throw new RuntimeError("Unsupported", "this kernel has no seccomp filters")
    warnings.push("seccomp profile RuntimeDefault has no effect: this kernel has no seccomp filters")
    return null
  }
  if (type === "Localhost") {
    if (input.localhostSeccomp !== null) return input.localhostSeccomp
    throw new RuntimeError("InvalidArgument", `cannot read seccomp profile ${security.seccomp?.localhostRef ?? ""}`)
  }
  const profile = defaultSeccompProfile(machine.arch, bounding)
  if (profile === null) warnings.push(`there is no RuntimeDefault seccomp profile for ${machine.arch}`)
  return profile
}

function withoutPermissions({ path, type, major, minor, fileMode, uid, gid }: OciDevice): OciDevice {
  return { path, type, major, minor, fileMode, uid, gid }
}

function deviceRules(input: ContainerSpecInput): OciDeviceRule[] {
  if (input.config.linux.securityContext.privileged) return [{ allow: true, access: "rwm" }]
  const rules = input.devices.flatMap(({ type, major, minor, permissions }): OciDeviceRule[] =>
    type === "p" ? [] : [{ allow: true, type, major, minor, access: permissions }],
  )
  return [{ allow: false, access: "rwm" }, ...rules]
}
