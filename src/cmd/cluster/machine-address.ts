import { readFileSync } from "node:fs"
import { networkInterfaces } from "node:os"

/** The address by which other machines know this one: that of the interface with the default route. */
export function machineAddress(): string | undefined {
  const device = defaultRouteDevice(readFileSync("/proc/net/route", "utf8"))
  if (device === undefined) return undefined
  return networkInterfaces()[device]?.find(({ family }) => family === "IPv4")?.address
}

/** From /proc/net/route: the device of the default route with the lowest metric. */
export function defaultRouteDevice(table: string): string | undefined {
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"))
    .filter(([, destination, , , , , , mask]) => destination === "00000000" && mask === "00000000")
    .sort((left, right) => Number(left[6]) - Number(right[6]))[0]?.[0]
}

/** Networks that this machine has routes to, as first and last address. The default route is left out. */
export function routedRanges(
  table: string,
): { readonly device: string; readonly first: number; readonly last: number }[] {
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"))
    .flatMap(([device = "", destination = "", , , , , , mask = ""]) => {
      if (destination.length !== 8 || mask === "00000000") return []
      const first = swapBytes(destination)
      return [{ device, first, last: first + (2 ** 32 - 1 - swapBytes(mask)) }]
    })
}

/** The kernel prints addresses as little-endian numbers. */
function swapBytes(hex: string): number {
  return [6, 4, 2, 0].reduce((sum, at) => sum * 256 + Number.parseInt(hex.slice(at, at + 2), 16), 0)
}
