/**
 * What vendors write about their devices. Containers get them by name: `vendor.com/class=device`.
 * https://github.com/cncf-tags/container-device-interface/blob/main/SPEC.md
 */
export interface CdiSpec {
  readonly cdiVersion?: string
  /** `vendor.com/class`. */
  readonly kind?: string
  readonly devices?: readonly CdiDevice[]
  /** For every container that gets any of the devices. */
  readonly containerEdits?: ContainerEdits
}

export interface CdiDevice {
  readonly name: string
  readonly containerEdits?: ContainerEdits
}

export interface ContainerEdits {
  /** `NAME=value`. */
  readonly env?: readonly string[]
  readonly deviceNodes?: readonly DeviceNode[]
  readonly mounts?: readonly CdiMount[]
  readonly hooks?: readonly CdiHook[]
  readonly additionalGids?: readonly number[]
  readonly intelRdt?: object
  readonly netDevices?: readonly { readonly hostInterfaceName: string; readonly name: string }[]
}

export interface DeviceNode {
  readonly path: string
  /** Default: `path`. */
  readonly hostPath?: string
  readonly type?: "b" | "c" | "u" | "p"
  readonly major?: number
  readonly minor?: number
  readonly fileMode?: number
  /** Of r, w and m; default all of them. */
  readonly permissions?: string
  readonly uid?: number
  readonly gid?: number
}

export interface CdiMount {
  readonly hostPath: string
  readonly containerPath: string
  readonly type?: string
  readonly options?: readonly string[]
}

export const HOOKS = [
  "prestart",
  "createRuntime",
  "createContainer",
  "startContainer",
  "poststart",
  "poststop",
] as const

export interface CdiHook {
  readonly hookName: string
  readonly path: string
  readonly args?: readonly string[]
  readonly env?: readonly string[]
  readonly timeout?: number
}
