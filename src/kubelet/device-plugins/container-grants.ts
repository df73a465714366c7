import type { Device, EnvVar, Mount } from "../../runtime/runtime.ts"
import type { Allocation } from "./allocations.ts"

/** What containers are made with to reach their devices. */
export interface ContainerGrants {
  readonly envs: readonly EnvVar[]
  readonly mounts: readonly Mount[]
  readonly devices: readonly Device[]
  readonly annotations: Readonly<Record<string, string>>
  /** Names of devices in CDI specifications. */
  readonly cdiDevices: readonly string[]
}

/** What the plugins of all a container's devices have asked for; of two for the same place the first. A pure function. */
export function grantsOf(allocations: Iterable<Allocation>): ContainerGrants {
  const envs = new Map<string, string>()
  const mounts = new Map<string, Mount>()
  const devices = new Map<string, Device>()
  const annotations = new Map<string, string>()
  const cdiDevices = new Set<string>()
  const add = <T>(to: Map<string, T>, key: string, value: T) => {
    if (!to.has(key)) to.set(key, value)
  }
  for (const { response } of allocations) {
    for (const [name, value] of Object.entries(response?.envs ?? {})) add(envs, name, value)
    for (const { containerPath = "", hostPath = "", readOnly = false } of response?.mounts ?? []) {
      add(mounts, containerPath, { containerPath, hostPath, readonly: readOnly, propagation: "PRIVATE" })
    }
    for (const { containerPath = "", hostPath = "", permissions = "" } of response?.devices ?? []) {
      add(devices, containerPath, { containerPath, hostPath, permissions })
    }
    for (const [name, value] of Object.entries(response?.annotations ?? {})) add(annotations, name, value)
    for (const { name = "" } of response?.cdiDevices ?? []) cdiDevices.add(name)
  }
  return {
    envs: [...envs].map(([name, value]) => ({ name, value })),
    mounts: [...mounts.values()],
    devices: [...devices.values()],
    annotations: Object.fromEntries(annotations),
    cdiDevices: [...cdiDevices],
  }
}
