import { familyOf } from "../../machinery/net/cidr.ts"
import { type Family, familyFor } from "../family.ts"
import type { HostPort, Lease } from "./address-pool.ts"

/** Text that adds or removes the host ports of one address of a pod; empty when it has none. */
export function renderHostPorts(table: string, lease: Lease, verb: "add" | "delete"): string {
  return render(table, lease, portsOf(lease), verb)
}

/**
 * Text that adds the host ports of all pods. Of two pods that want the same one, the younger has it: the other was
 * deleted by force, so nobody waited for its end. (Which of them is younger, a restart forgets.)
 */
export function renderAllHostPorts(table: string, oldestFirst: readonly Lease[]): string {
  const taken = new Set<string>()
  const texts = oldestFirst.toReversed().map((lease) => {
    const free = portsOf(lease).filter(({ frontend }) => !taken.has(frontend))
    for (const { frontend } of free) taken.add(frontend)
    return render(table, lease, free, "add")
  })
  return texts.join("")
}

/** Whether another pod has, or had, one of its host ports. */
export function sharesHostPort(lease: Lease, all: readonly Lease[]): boolean {
  if (lease.hostPorts.length === 0) return false
  const own = new Set(portsOf(lease).map(({ frontend }) => frontend))
  return all.some(
    (other) => other.sandboxId !== lease.sandboxId && portsOf(other).some(({ frontend }) => own.has(frontend)),
  )
}

interface MappedPort {
  /** Map and key, of the family of the address. */
  readonly frontend: string
  readonly containerPort: number
}

/** Of those that a pod asks for twice, as for all addresses by two names or for two containers, the first. */
function portsOf({ ip, hostPorts }: Lease): MappedPort[] {
  const family = familyFor(ip)
  const mapped = hostPorts
    .filter(({ hostIp }) => hostIp === "" || familyOf(hostIp) === family.name)
    .map((port) => ({ frontend: frontendOf(port, family), containerPort: port.containerPort }))
  return [...Map.groupBy(mapped, ({ frontend }) => frontend).values()].flatMap(([first]) => first ?? [])
}

function render(table: string, { ip }: Lease, ports: readonly MappedPort[], verb: "add" | "delete"): string {
  if (ports.length === 0) return ""
  const element = `${verb} element ${familyFor(ip).nft} ${table}`
  const lines = ports.map(({ frontend, containerPort }) => {
    const value = verb === "add" ? ` : ${ip} . ${containerPort}` : ""
    return `${element} ${frontend}${value} }`
  })
  return `${lines.join("\n")}\n${element} hairpin { ${ip} . ${ip} }\n`
}

function frontendOf({ protocol, hostPort, hostIp }: HostPort, { anywhere }: Family): string {
  const isEverywhere = hostIp === "" || anywhere.startsWith(`${hostIp}/`)
  if (isEverywhere) return `host-ports { ${protocol} . ${hostPort}`
  return `host-address-ports { ${hostIp} . ${protocol} . ${hostPort}`
}
