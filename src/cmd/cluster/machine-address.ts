import { existsSync, readFileSync } from "node:fs"
import { networkInterfaces } from "node:os"
import type { AddressRange } from "../../machinery/net/address-range.ts"
import { type IpFamily, parseCidr } from "../../machinery/net/cidr.ts"

/** A network that this machine has a route to. */
export interface RoutedRange extends AddressRange {
  readonly device: string
}

interface RouteEntry {
  readonly device: string
  readonly cidr: string
  readonly metric: number
}

/** The address by which other machines know this one: that of the interface with the default route. */
export function machineAddress(family: IpFamily): string | undefined {
  const device = defaultRouteDevice(readRoutes(family))
  if (device === undefined) return undefined
  const isOwn = (each: { readonly family: string; readonly address: string }) =>
    each.family === family && !each.address.startsWith("fe80:")
  return networkInterfaces()[device]?.find(isOwn)?.address
}

/** Networks that this machine has routes to, of both families. The default routes are left out. */
export function machineRoutes(): RoutedRange[] {
  return [...readRoutes("IPv4"), ...readRoutes("IPv6")].flatMap(routedRange)
}

function readRoutes(family: IpFamily): RouteEntry[] {
  const { file, parse } = TABLES[family]
  return existsSync(file) ? parse(readFileSync(file, "utf8")) : []
}

/** The device of the default route with the lowest metric. */
export function defaultRouteDevice(routes: readonly RouteEntry[]): string | undefined {
  const ways = routes.filter(({ cidr, device }) => cidr.endsWith("/0") && device !== "lo")
  return ways.toSorted((one, other) => one.metric - other.metric)[0]?.device
}

export function routedRange({ device, cidr }: RouteEntry): RoutedRange[] {
  const { first, last, prefixLength } = parseCidr(cidr)
  return prefixLength === 0 ? [] : [{ device, first, last }]
}

/** From /proc/net/route, where addresses are little-endian numbers. */
export function parseIpv4Routes(table: string): RouteEntry[] {
  return linesOf(table)
    .slice(1)
    .flatMap(([device = "", destination = "", , , , , metric, mask = ""]) => {
      if (destination.length !== 8) return []
      const bits = [...BigInt(`0x${mask}`).toString(2)].filter((bit) => bit === "1").length
      const octets = [6, 4, 2, 0].map((at) => Number.parseInt(destination.slice(at, at + 2), 16))
      return [{ device, cidr: `${octets.join(".")}/${bits}`, metric: Number(metric) }]
    })
}

/** From /proc/net/ipv6_route, where all numbers are hexadecimal. */
export function parseIpv6Routes(table: string): RouteEntry[] {
  return linesOf(table).flatMap(([destination = "", bits = "", , , , metric = "", ...more]) => {
    const groups = destination.match(/.{4}/g) ?? []
    const cidr = `${groups.join(":")}/${Number.parseInt(bits, 16)}`
    return groups.length === 8 ? [{ device: more.at(-1) ?? "", cidr, metric: Number.parseInt(metric, 16) }] : []
  })
}

const linesOf = (table: string): string[][] => table.split("\n").map((line) => line.trim().split(/\s+/))

const TABLES: Readonly<Record<IpFamily, { file: string; parse: (table: string) => RouteEntry[] }>> = {
  IPv4: { file: "/proc/net/route", parse: parseIpv4Routes },
  IPv6: { file: "/proc/net/ipv6_route", parse: parseIpv6Routes },
}
