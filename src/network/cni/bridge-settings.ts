import { readdirSync } from "node:fs"
import { readSysctl, writeSysctl } from "../../platform/linux/netlink/network-namespace.ts"
import type { Family } from "../family.ts"
import { type KernelSetting, settle } from "../kernel-settings.ts"

/**
 * What the kernel must do with the packets of a bridge. To be called inside its network namespace, before it comes up.
 * Returns what was otherwise, in words.
 */
export function writeBridgeSettings(bridge: string, families: readonly Family[]): string[] {
  return families.flatMap(({ name }) => WRITERS[name](bridge))
}

const WRITERS: Readonly<Record<Family["name"], (bridge: string) => string[]>> = {
  IPv4: (bridge) => settle(ipv4Settings(bridge)),
  IPv6: (bridge) => [...forwardIpv6(), ...settle(ipv6Settings(bridge))],
}

const ipv4Settings = (bridge: string): KernelSetting[] => [
  { name: ["net", "ipv4", "ip_forward"], value: "1" },
  ...[
    ["forwarding", "1"],
    ["route_localnet", "1"],
    // The kernel accepts at most the stricter of "all" and the device: loose lets answers take another way back.
    ["rp_filter", "2"],
  ].map(([setting = "", value = ""]) => ({ name: ["net", "ipv4", "conf", bridge, setting], value })),
  // Packets between pods leave where they came in. Redirects would tell pods to talk past us, and use up the few
  // ICMP messages per second that a refusal of UDP needs. "all" only adds to what each interface says for itself.
  ...["all", bridge].map((scope) => ({ name: ["net", "ipv4", "conf", scope, "send_redirects"], value: "0" })),
]

const ipv6Settings = (bridge: string): KernelSetting[] => [
  ...["lo", bridge].map((scope) => ({ name: ["net", "ipv6", "conf", scope, "disable_ipv6"], value: "0" })),
  { name: ["net", "ipv6", "conf", bridge, "accept_ra"], value: "0" },
  { name: ["net", "ipv6", "conf", bridge, "forwarding"], value: "1" },
  // Some kernels say no to neighbours that ask for addresses which are behind this machine, unless it is told.
  { name: ["net", "ipv6", "conf", "all", "proxy_ndp"], value: "1" },
]

const CONF = ["net", "ipv6", "conf"]

/**
 * Lets the machine forward IPv6. From then on the kernel takes no router's word on interfaces that trust routers only as
 * long as they are no router themselves, and the machine would lose its own way out: those are told to go on. Returns
 * what was otherwise, in words.
 */
export function forwardIpv6(): string[] {
  if (readSysctl([...CONF, "all", "forwarding"]) === "1") return []
  for (const device of readdirSync(`/proc/sys/${CONF.join("/")}`)) {
    if (device === "all" || device === "default") continue
    if (readSysctl([...CONF, device, "accept_ra"]) === "1") writeSysctl([...CONF, device, "accept_ra"], "2")
  }
  return settle([{ name: [...CONF, "all", "forwarding"], value: "1" }])
}
