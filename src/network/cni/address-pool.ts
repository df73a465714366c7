import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { isIP } from "node:net"
import { join } from "node:path"
import { cidrContains, familyOf, formatAddress, parseAddress, parseCidr } from "../../machinery/net/cidr.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import type { PortMapping } from "../../runtime/sandbox.ts"

/** What is remembered of a pod's network, in a file named after its address. */
export interface Lease {
  readonly ip: string
  readonly sandboxId: string
  readonly hostPorts: readonly HostPort[]
}

export interface HostPort {
  readonly protocol: "tcp" | "udp" | "sctp"
  readonly hostPort: number
  readonly containerPort: number
  /** Empty: every address of the node. */
  readonly hostIp: string
}

/**
 * The addresses of a node's pod range. One file per address in use, created exclusively: what is on disk is the truth,
 * whenever the process dies. An address is given again as late as possible, so that nobody talks to its former owner's
 * successor by mistake.
 */
export interface AddressPool {
  /** The sandbox's address; a new one when it has none. Throws when the range is exhausted. */
  acquire(sandboxId: string, hostPorts: readonly HostPort[]): Lease
  find(sandboxId: string): Lease | undefined
  /** Undefined when it had none. */
  release(sandboxId: string): Lease | undefined
  leases(): readonly Lease[]
  /** Writes down again who has an address, without host ports. False when it is another pool's, or has an owner. */
  adopt(sandboxId: string, ip: string): boolean
  /** Addresses whose files cannot be read are kept back until this is called: whoever has them may still run. */
  freeDamaged(): void
}

/**
 * Pools of both families may share a folder. Not given are the network's own address and the bridge's, and with IPv4 the
 * broadcast address, with IPv6 that of the node's end of the tunnels.
 */
export function openAddressPool(dir: string, podCidr: string): AddressPool {
  const range = parseCidr(podCidr)
  const [lowest, highest] =
    familyOf(podCidr) === "IPv4" ? [range.first + 2n, range.last - 1n] : [range.first + 3n, range.last]
  if (highest < lowest) throw new RangeError(`found pod range ${podCidr}, expected a larger one: no pod would fit`)
  mkdirSync(dir, { recursive: true })
  const bySandbox = new Map<string, Lease>()
  const used = new Set<bigint>()
  const damaged = new Set<string>()
  for (const { ip, lease } of readLeases(dir)) {
    if (!cidrContains(range, parseAddress(ip))) continue
    used.add(parseAddress(ip))
    if (lease) bySandbox.set(lease.sandboxId, lease)
    else damaged.add(ip)
  }
  let next = [...used].reduce((most, address) => (address < most ? most : address + 1n), lowest)

  function nextFree(): bigint {
    for (let tried = lowest; tried <= highest; tried++) {
      const candidate = next > highest ? lowest : next
      next = candidate + 1n
      if (!used.has(candidate)) return candidate
    }
    throw new Error(`all ${highest - lowest + 1n} addresses of the pod range ${podCidr} are in use; delete pods`)
  }

  return {
    acquire(sandboxId, hostPorts) {
      const existing = bySandbox.get(sandboxId)
      const ip = existing?.ip ?? formatAddress(nextFree())
      const lease = { ip, sandboxId, hostPorts }
      writeLease(dir, lease, existing !== undefined)
      bySandbox.set(sandboxId, lease)
      used.add(parseAddress(ip))
      return lease
    },
    find: (sandboxId) => bySandbox.get(sandboxId),
    release(sandboxId) {
      const lease = bySandbox.get(sandboxId)
      if (!lease) return undefined
      rmSync(join(dir, lease.ip), { force: true })
      bySandbox.delete(sandboxId)
      used.delete(parseAddress(lease.ip))
      return lease
    },
    leases: () => [...bySandbox.values()],
    adopt(sandboxId, ip) {
      const address = parseAddress(ip)
      const isTaken = used.has(address) && !damaged.has(ip)
      if (isTaken || familyOf(ip) !== familyOf(podCidr) || !cidrContains(range, address)) return false
      const lease = { ip, sandboxId, hostPorts: [] }
      writeLease(dir, lease, damaged.delete(ip))
      bySandbox.set(sandboxId, lease)
      used.add(address)
      return true
    },
    freeDamaged() {
      for (const ip of damaged) {
        rmSync(join(dir, ip), { force: true })
        used.delete(parseAddress(ip))
      }
      damaged.clear()
    },
  }
}

/** As a whole or not at all: a disk may be full. What is not a lease's file is removed at the next start. */
function writeLease(dir: string, lease: Lease, replaces: boolean): void {
  const path = join(dir, lease.ip)
  const temporary = `${path}.new`
  try {
    writeFileSync(temporary, JSON.stringify(lease))
    if (replaces) renameSync(temporary, path)
    else linkSync(temporary, path)
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** Without a lease: a file that cannot be understood, although they are written as a whole. */
function readLeases(dir: string): { readonly ip: string; readonly lease?: Lease }[] {
  return readdirSync(dir).flatMap((ip) => {
    const path = join(dir, ip)
    if (isIP(ip) === 0) {
      // Cut short by a crash: its pod was never told an address.
      rmSync(path, { force: true })
      return []
    }
    try {
      const lease = JSON.parse(readFileSync(path, "utf8")) as Lease | null
      const isWhole = lease?.ip === ip && typeof lease.sandboxId === "string" && Array.isArray(lease.hostPorts)
      return isWhole ? [{ ip, lease }] : [{ ip }]
    } catch (error) {
      if (hasCode(error, "ENOENT")) return []
      if (error instanceof SyntaxError) return [{ ip }]
      throw error
    }
  })
}

/** Throws when the address is none: the API takes any text there, and what is kept here goes into the kernel's rules. */
export function toHostPort({ containerPort, hostIp, hostPort, protocol: upper }: PortMapping): HostPort {
  const protocol = upper.toLowerCase() as HostPort["protocol"]
  if (hostIp === "") return { protocol, hostPort, containerPort, hostIp }
  if (isIP(hostIp) === 0)
    throw new TypeError(`found hostIP ${JSON.stringify(hostIp)}, expected an IPv4 or IPv6 address`)
  return { protocol, hostPort, containerPort, hostIp: formatAddress(parseAddress(hostIp)) }
}
