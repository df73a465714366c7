import { existsSync, readFileSync } from "node:fs"
import { overlap } from "../../machinery/net/address-range.ts"
import { parseCidr } from "../../machinery/net/cidr.ts"
import { devicePrefixOf } from "./layout.ts"
import { machineRoutes } from "./machine-address.ts"
import { slotRanges } from "./ranges.ts"

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
  const ranges = Object.values(slotRanges(slot))
    .flatMap(({ podCidr, serviceCidr, nodeCidr, loadBalancerPool }) => [
      podCidr,
      serviceCidr,
      nodeCidr,
      loadBalancerPool,
    ])
    .map(parseCidr)
  return machineRoutes()
    .filter(({ device }) => !device.startsWith(devicePrefixOf(slot)))
    .every((route) => ranges.every((range) => !overlap(range, route)))
}
