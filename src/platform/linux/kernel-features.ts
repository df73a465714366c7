import { existsSync, readFileSync } from "node:fs"
import { release } from "node:os"
import { gunzipSync } from "node:zlib"
import { libc } from "./libc.ts"
import { hasCode } from "./system-error.ts"

/**
 * `yes`: there. `module`: the kernel was built with it as a module, which loads when it is needed. `no`: missing.
 * `unknown`: nothing tells; only trying does.
 */
export type Presence = "yes" | "module" | "no" | "unknown"

export interface KernelFeatures {
  readonly release: string
  readonly overlay: Presence
  readonly nftables: Presence
  readonly vxlan: Presence
  readonly bridge: Presence
  readonly veth: Presence
  readonly conntrack: Presence
  readonly sctp: Presence
  readonly userNamespaces: Presence
  readonly seccomp: Presence
  readonly appArmor: Presence
  /** Bridged traffic passes nftables, which a service proxy needs for pods of one node. */
  readonly bridgeNetfilter: Presence
}

/** What the probe reads; absent files are undefined. */
export interface KernelFacts {
  readonly release: string
  /** /proc/filesystems */
  readonly filesystems: string
  /** /proc/modules */
  readonly modules: string | undefined
  /** The kernel's build settings (`CONFIG_…=y`). */
  readonly config: string | undefined
  /** modules.builtin and modules.dep of this kernel: what is inside, and what can be loaded. */
  readonly modulesBuiltIn: string | undefined
  readonly modulesLoadable: string | undefined
  /** /proc/sys/user/max_user_namespaces */
  readonly userNamespacesMax: string | undefined
  /** /sys/module/apparmor/parameters/enabled */
  readonly appArmorEnabled: string | undefined
  readonly bridgeNetfilterPresent: boolean
  /** A netlink socket for netfilter could be opened. Without it nf_tables cannot be there. */
  readonly netfilterSocket: boolean
}

/** Looks at the running kernel. Loads nothing and changes nothing. */
export function probeKernel(): KernelFeatures {
  const modulesDir = `/lib/modules/${release()}`
  return parseKernelFeatures({
    release: release(),
    filesystems: readFileSync("/proc/filesystems", "utf8"),
    modules: read("/proc/modules"),
    config: readConfig(),
    modulesBuiltIn: read(`${modulesDir}/modules.builtin`),
    modulesLoadable: read(`${modulesDir}/modules.dep`),
    userNamespacesMax: read("/proc/sys/user/max_user_namespaces"),
    appArmorEnabled: read("/sys/module/apparmor/parameters/enabled"),
    bridgeNetfilterPresent: existsSync("/proc/sys/net/bridge/bridge-nf-call-iptables"),
    netfilterSocket: canOpenNetfilterSocket(),
  })
}

export function parseKernelFeatures(facts: KernelFacts): KernelFeatures {
  const find = (setting: string, module: string) => presence(facts, setting, module)
  const overlay = /\boverlay$/m.test(facts.filesystems) ? "yes" : find("CONFIG_OVERLAY_FS", "overlay")
  const namespaces = facts.userNamespacesMax?.trim()
  return {
    release: facts.release,
    overlay,
    nftables: facts.netfilterSocket ? find("CONFIG_NF_TABLES", "nf_tables") : "no",
    vxlan: find("CONFIG_VXLAN", "vxlan"),
    bridge: find("CONFIG_BRIDGE", "bridge"),
    veth: find("CONFIG_VETH", "veth"),
    conntrack: find("CONFIG_NF_CONNTRACK", "nf_conntrack"),
    sctp: find("CONFIG_IP_SCTP", "sctp"),
    userNamespaces: namespaces === undefined || namespaces === "0" ? "no" : "yes",
    seccomp: find("CONFIG_SECCOMP_FILTER", "seccomp"),
    appArmor: facts.appArmorEnabled?.trim() === "Y" ? "yes" : "no",
    bridgeNetfilter: facts.bridgeNetfilterPresent ? "yes" : find("CONFIG_BRIDGE_NETFILTER", "br_netfilter"),
  }
}

function presence(facts: KernelFacts, setting: string, module: string): Presence {
  const loaded = facts.modules?.split("\n").some((line) => line.startsWith(`${module} `))
  const names = (list: string | undefined) => list?.match(new RegExp(`/${module.replaceAll("_", "[_-]")}\\.ko`)) != null
  if (loaded || names(facts.modulesBuiltIn)) return "yes"
  const built =
    facts.config === undefined ? undefined : (new RegExp(`^${setting}=(.)`, "m").exec(facts.config)?.[1] ?? "n")
  if (built === "y") return "yes"
  if (built === "n") return "no"
  if (names(facts.modulesLoadable)) return "module"
  // Built as a module, and this machine does not have the module's file.
  return built === "m" ? "no" : "unknown"
}

function readConfig(): string | undefined {
  const compressed = readBytes("/proc/config.gz")
  return compressed === undefined ? read(`/boot/config-${release()}`) : gunzipSync(compressed).toString()
}

function read(path: string): string | undefined {
  return readBytes(path)?.toString()
}

function readBytes(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (hasCode(error, "ENOENT", "EACCES", "EPERM", "ENOTDIR")) return undefined
    throw error
  }
}

const AF_NETLINK = 16
const SOCK_RAW_CLOEXEC = 3 | 0o2000000
const NETLINK_NETFILTER = 12

function canOpenNetfilterSocket(): boolean {
  const fd = libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_NETFILTER)
  if (fd < 0) return false
  libc.close(fd)
  return true
}
