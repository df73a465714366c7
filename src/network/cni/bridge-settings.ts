import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { writeSysctl } from "../../platform/linux/netlink/network-namespace.ts"
import type { Family } from "../family.ts"

/** What the kernel must do with the packets of a bridge. To be called inside its network namespace, before it comes up. */
export function writeBridgeSettings(bridge: string, families: readonly Family[]): void {
  for (const { name } of families) WRITERS[name](bridge)
}

const WRITERS: Readonly<Record<Family["name"], (bridge: string) => void>> = {
  IPv4(bridge) {
    writeSysctl(["net", "ipv4", "ip_forward"], "1")
    writeSysctl(["net", "ipv4", "conf", bridge, "route_localnet"], "1")
    // Packets between pods leave where they came in. Redirects would tell pods to talk past us, and use up the few
    // ICMP messages per second that a refusal of UDP needs. "all" only adds to what each interface says for itself.
    for (const scope of ["all", bridge]) writeSysctl(["net", "ipv4", "conf", scope, "send_redirects"], "0")
    // The kernel accepts at most the stricter of "all" and the device: loose lets answers take another way back.
    writeSysctl(["net", "ipv4", "conf", bridge, "rp_filter"], "2")
  },
  IPv6(bridge) {
    for (const scope of ["lo", bridge]) writeSysctl(["net", "ipv6", "conf", scope, "disable_ipv6"], "0")
    writeSysctl(["net", "ipv6", "conf", bridge, "accept_ra"], "0")
    forwardIpv6()
    // Some kernels say no to neighbours that ask for addresses which are behind this machine, unless it is told.
    writeSysctl(["net", "ipv6", "conf", "all", "proxy_ndp"], "1")
  },
}

const INTERFACES = "/proc/sys/net/ipv6/conf"

/**
 * Lets the machine forward IPv6. From then on the kernel takes no router's word on interfaces that trust routers only as
 * long as they are no router themselves, and the machine would lose its own way out: those are told to go on.
 */
export function forwardIpv6(): void {
  const read = (...path: readonly string[]) => readFileSync(join(INTERFACES, ...path), "utf8").trim()
  if (read("all", "forwarding") === "1") return
  for (const device of readdirSync(INTERFACES)) {
    if (device === "all" || device === "default") continue
    if (read(device, "accept_ra") === "1") writeSysctl(["net", "ipv6", "conf", device, "accept_ra"], "2")
  }
  writeSysctl(["net", "ipv6", "conf", "all", "forwarding"], "1")
}
