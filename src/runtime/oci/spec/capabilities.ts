import type { OciCapabilities } from "./types.ts"

/** What a container may do unless it asks for more: the same set as containerd, Docker and CRI-O give. */
const defaultCapabilities = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FSETID",
  "CAP_FOWNER",
  "CAP_MKNOD",
  "CAP_NET_RAW",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETFCAP",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_SYS_CHROOT",
  "CAP_KILL",
  "CAP_AUDIT_WRITE",
] as const

/** Every capability, by its number in the kernel (`linux/capability.h`). */
const allCapabilities =
  `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
  NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
  SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
  MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`
    .split(/\s+/)
    .map((name) => `CAP_${name}`)

/** Decodes a mask such as `CapBnd` of /proc/self/status, in hexadecimal. */
export function capabilitiesOfMask(hex: string): ReadonlySet<string> {
  const mask = BigInt(`0x${hex}`)
  return new Set(allCapabilities.filter((_, number) => (mask >> BigInt(number)) & 1n))
}

export interface CapabilityRequest {
  readonly privileged: boolean
  readonly add: readonly string[]
  readonly drop: readonly string[]
  readonly addAmbient?: readonly string[]
  /** What this process itself holds and can therefore give. */
  readonly available: ReadonlySet<string>
}

export interface ResolvedCapabilities {
  readonly capabilities: OciCapabilities
  /** Asked for and not available on this machine. */
  readonly missing: readonly string[]
}

/**
 * Additions come after drops, and `ALL` is meant first: `drop: [ALL], add: [NET_BIND_SERVICE]` leaves one. Privileged
 * containers get all there are.
 */
export function resolveCapabilities(request: CapabilityRequest): ResolvedCapabilities {
  const wanted = new Set<string>(request.privileged ? allCapabilities : defaultCapabilities)
  if (!request.privileged) {
    const add = request.add.map(capabilityName)
    const drop = request.drop.map(capabilityName)
    if (add.includes("CAP_ALL")) for (const name of allCapabilities) wanted.add(name)
    if (drop.includes("CAP_ALL")) wanted.clear()
    for (const name of add) if (name !== "CAP_ALL") wanted.add(name)
    for (const name of drop) wanted.delete(name)
  }
  const ambientWanted = (request.addAmbient ?? []).map(capabilityName)
  for (const name of ambientWanted) wanted.add(name)
  const granted = allCapabilities.filter((name) => wanted.has(name) && request.available.has(name))
  const explicit = request.add.map(capabilityName).filter((name) => name !== "CAP_ALL")
  const missing = [...explicit, ...ambientWanted].filter((name) => wanted.has(name) && !request.available.has(name))
  const ambient = ambientWanted.filter((name) => granted.includes(name))
  return {
    capabilities: {
      bounding: granted,
      // The kernel empties both at exec for a user other than root, unless a capability is ambient.
      effective: granted,
      permitted: granted,
      inheritable: ambient,
      ambient,
    },
    missing,
  }
}

/** `net_admin`, `NET_ADMIN` and `CAP_NET_ADMIN` are the same. */
function capabilityName(name: string): string {
  const upper = name.toUpperCase()
  return upper.startsWith("CAP_") ? upper : `CAP_${upper}`
}
