/** The parts of the OCI runtime specification that we write. https://github.com/opencontainers/runtime-spec */

export interface OciSpec {
  readonly ociVersion: string
  readonly process: OciProcess
  readonly root: { readonly path: string; readonly readonly: boolean }
  readonly hostname?: string
  readonly mounts: readonly OciMount[]
  readonly annotations?: Readonly<Record<string, string>>
  /** By the moment at which they run. */
  readonly hooks?: Readonly<Record<string, readonly OciHook[]>>
  readonly linux: OciLinux
}

export interface OciHook {
  readonly path: string
  readonly args?: readonly string[]
  readonly env?: readonly string[]
  /** In seconds. */
  readonly timeout?: number
}

export interface OciProcess {
  readonly terminal: boolean
  readonly consoleSize?: { readonly width: number; readonly height: number }
  readonly user: OciUser
  readonly args: readonly string[]
  readonly env: readonly string[]
  readonly cwd: string
  readonly capabilities: OciCapabilities
  readonly noNewPrivileges: boolean
  readonly oomScoreAdj?: number
  readonly apparmorProfile?: string
  readonly selinuxLabel?: string
}

export interface OciUser {
  readonly uid: number
  readonly gid: number
  readonly additionalGids: readonly number[]
  readonly umask?: number
}

export interface OciCapabilities {
  readonly bounding: readonly string[]
  readonly effective: readonly string[]
  readonly permitted: readonly string[]
  readonly inheritable: readonly string[]
  readonly ambient: readonly string[]
}

export interface OciMount {
  readonly destination: string
  readonly type: string
  readonly source: string
  readonly options: readonly string[]
}

export interface OciNamespace {
  readonly type: "network" | "uts" | "ipc" | "pid" | "mount" | "user" | "cgroup"
  readonly path?: string
}

export interface OciDevice {
  readonly path: string
  readonly type: "c" | "b" | "p"
  readonly major: number
  readonly minor: number
  readonly fileMode: number
  readonly uid: number
  readonly gid: number
}

export interface OciDeviceRule {
  readonly allow: boolean
  readonly type?: "a" | "c" | "b"
  readonly major?: number
  readonly minor?: number
  readonly access: string
}

export interface OciIdMapping {
  readonly hostID: number
  readonly containerID: number
  readonly size: number
}

export interface OciLinux {
  readonly namespaces: readonly OciNamespace[]
  readonly uidMappings?: readonly OciIdMapping[]
  readonly gidMappings?: readonly OciIdMapping[]
  readonly devices: readonly OciDevice[]
  readonly cgroupsPath: string
  readonly resources: OciResources
  readonly rootfsPropagation?: string
  readonly maskedPaths: readonly string[]
  readonly readonlyPaths: readonly string[]
  readonly seccomp?: OciSeccomp
  readonly mountLabel?: string
  readonly intelRdt?: object
}

export interface OciResources {
  readonly devices?: readonly OciDeviceRule[]
  readonly memory?: { readonly limit?: number; readonly swap?: number }
  readonly cpu?: {
    readonly shares?: number
    readonly quota?: number
    readonly period?: number
    readonly cpus?: string
    readonly mems?: string
  }
  readonly pids?: { readonly limit: number }
  readonly hugepageLimits?: readonly { readonly pageSize: string; readonly limit: number }[]
  readonly unified?: Readonly<Record<string, string>>
}

export interface OciSeccomp {
  readonly defaultAction: string
  readonly defaultErrnoRet?: number
  readonly architectures: readonly string[]
  readonly flags?: readonly string[]
  readonly syscalls: readonly OciSyscallRule[]
}

export interface OciSyscallRule {
  readonly names: readonly string[]
  readonly action: string
  readonly errnoRet?: number
  readonly args?: readonly OciSyscallArg[]
}

export interface OciSyscallArg {
  readonly index: number
  readonly value: number
  readonly valueTwo?: number
  readonly op: string
}
