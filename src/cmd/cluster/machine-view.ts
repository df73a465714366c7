import { existsSync, readFileSync } from "node:fs"
import { parseCidr } from "../../machinery/net/cidr.ts"
import { layoutOf } from "./layout.ts"
import { routedRanges } from "./machine-address.ts"

/** TCP ports on which some program of this network namespace listens, on whatever address. */
export function listeningPorts(): ReadonlySet<number> {
  const LISTEN = "0A"
  const ports = new Set<number>()
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    if (!existsSync(file)) continue
    for (const line of readFileSync(file, "utf8").split("\n").slice(1)) {
      const [, local = "", , state] = line.trim().split(/\s+/)
      if (state === LISTEN) ports.add(Number.parseInt(local.slice(local.lastIndexOf(":") + 1), 16))
    }
  }
  return ports
}

/** Whether no route of this machine, other than a cluster's own, leads into the ranges of a slot. */
export function isSlotFree(slot: number): boolean {
  const layout = layoutOf({ name: "any", slot, dataDir: "/", kubeconfig: "", apiPort: 0, nodes: [] })
  const ranges = [layout.podCidr, layout.serviceCidr, layout.nodeCidr, layout.loadBalancerPool].map(parseCidr)
  return routedRanges(readFileSync("/proc/net/route", "utf8"))
    .filter(({ device }) => !device.startsWith(layout.devicePrefix))
    .every((route) => ranges.every((range) => route.last < range.first || route.first > range.last))
}
