import { readFileSync } from "node:fs"

/** Linux capabilities by number, without `CAP_`. https://man7.org/linux/man-pages/man7/capabilities.7.html */
export const capabilityNames = [
  "CHOWN",
  "DAC_OVERRIDE",
  "DAC_READ_SEARCH",
  "FOWNER",
  "FSETID",
  "KILL",
  "SETGID",
  "SETUID",
  "SETPCAP",
  "LINUX_IMMUTABLE",
  "NET_BIND_SERVICE",
  "NET_BROADCAST",
  "NET_ADMIN",
  "NET_RAW",
  "IPC_LOCK",
  "IPC_OWNER",
  "SYS_MODULE",
  "SYS_RAWIO",
  "SYS_CHROOT",
  "SYS_PTRACE",
  "SYS_PACCT",
  "SYS_ADMIN",
  "SYS_BOOT",
  "SYS_NICE",
  "SYS_RESOURCE",
  "SYS_TIME",
  "SYS_TTY_CONFIG",
  "MKNOD",
  "LEASE",
  "AUDIT_WRITE",
  "AUDIT_CONTROL",
  "SETFCAP",
  "MAC_OVERRIDE",
  "MAC_ADMIN",
  "SYSLOG",
  "WAKE_ALARM",
  "BLOCK_SUSPEND",
  "AUDIT_READ",
  "PERFMON",
  "BPF",
  "CHECKPOINT_RESTORE",
] as const

export type Capability = (typeof capabilityNames)[number]

export interface CapabilitySets {
  /** What this process may do now. */
  readonly effective: ReadonlySet<Capability>
  /** What this process and its children can ever get. */
  readonly bounding: ReadonlySet<Capability>
}

/** The capabilities of this process. */
export function readCapabilities(): CapabilitySets {
  return parseCapabilities(readFileSync("/proc/self/status", "utf8"))
}

/** Reads /proc/PID/status. */
export function parseCapabilities(status: string): CapabilitySets {
  return { effective: parseSet(status, "CapEff"), bounding: parseSet(status, "CapBnd") }
}

function parseSet(status: string, field: string): ReadonlySet<Capability> {
  const hex = new RegExp(`^${field}:\\s*([\\da-f]+)$`, "m").exec(status)?.[1]
  if (hex === undefined) throw new Error(`/proc/self/status: expected a line ${field}, found none`)
  const bits = BigInt(`0x${hex}`)
  return new Set(capabilityNames.filter((_, number) => ((bits >> BigInt(number)) & 1n) === 1n))
}
