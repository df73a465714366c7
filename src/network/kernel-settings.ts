import { readSysctl, writeSysctl } from "../platform/linux/netlink/network-namespace.ts"

/** A setting of the kernel: its path below `/proc/sys`, in parts, and what it should be. */
export interface KernelSetting {
  readonly name: readonly string[]
  readonly value: string
}

/** In the namespace of the calling thread. Returns which were otherwise, in words; a kernel may lack some. */
export function settle(settings: readonly KernelSetting[]): string[] {
  return settings.flatMap(({ name, value }) => {
    const found = readSysctl(name)
    if (found === undefined || found === value) return []
    writeSysctl(name, value)
    return [`${name.join("/")} was ${found}, expected ${value}`]
  })
}
