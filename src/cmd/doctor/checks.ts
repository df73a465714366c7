import { accessSync, constants, existsSync, readFileSync, statfsSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import { type Capability, readCapabilities } from "../../platform/linux/capabilities.ts"
import { detectCgroups } from "../../platform/linux/cgroups.ts"
import { probeKernel } from "../../platform/linux/kernel-features.ts"

/** What a machine must have, should have, and what it costs when it has not. */
export interface Finding {
  /** `missing`: no cluster can run. `limited`: clusters run, with the cost that the text names. */
  readonly state: "good" | "limited" | "missing"
  readonly about: string
  readonly text: string
  /** What to do; absent when nothing is to be done. */
  readonly fix?: string
}

/**
 * Looks at everything. `dataDir` is where the cluster will keep its files, existing or not; `nodes`: how many it will
 * have.
 */
export function examineMachine(dataDir: string, nodes = 1): Finding[] {
  return [
    root(),
    ...capabilities(),
    ...kernel(nodes),
    ...legacyFirewall(legacyTables()),
    cgroups(),
    ...confinement(),
    ...programs(),
    disk(dataDir),
    kubectl(),
  ]
}

function root(): Finding {
  if (process.getuid?.() === 0) return { state: "good", about: "user", text: "root" }
  return {
    state: "missing",
    about: "user",
    text: "not root: containers, networks and mounts cannot be made",
    fix: "run the command with sudo",
  }
}

const NEEDED: readonly { readonly name: Capability; readonly state: "limited" | "missing"; readonly cost: string }[] = [
  { name: "SYS_ADMIN", state: "missing", cost: "no mounts and no namespaces can be made" },
  { name: "NET_ADMIN", state: "missing", cost: "no pod network can be made" },
  {
    name: "SYS_RESOURCE",
    state: "limited",
    cost: "oom_score_adj cannot be lowered, so guaranteed pods are not protected when memory runs out; hard limits cannot be raised",
  },
]

function capabilities(): Finding[] {
  const { effective } = readCapabilities()
  const lacking = NEEDED.filter(({ name }) => !effective.has(name))
  if (lacking.length === 0) return [{ state: "good", about: "capabilities", text: "all that are needed" }]
  return lacking.map(({ name, state, cost }) => ({
    state,
    about: "capabilities",
    text: `CAP_${name} is missing: ${cost}`,
    fix: "start this machine or container with more capabilities (docker run --privileged)",
  }))
}

function kernel(nodes: number): Finding[] {
  const features = probeKernel()
  const needs = [
    { name: "overlay", state: "missing", cost: "containers have no file systems", module: "overlay" },
    { name: "nftables", state: "missing", cost: "services have no addresses", module: "nf_tables" },
    { name: "bridge", state: "missing", cost: "pods have no network", module: "bridge" },
    { name: "veth", state: "missing", cost: "pods have no network", module: "veth" },
    { name: "conntrack", state: "missing", cost: "services have no addresses", module: "nf_conntrack" },
    {
      name: "vxlan",
      state: nodes > 1 ? "missing" : "limited",
      cost: "pods reach only pods of their own node",
      module: "vxlan",
    },
    { name: "sctp", state: "limited", cost: "ports with protocol SCTP carry nothing", module: "sctp" },
  ] as const
  const lacking = needs.filter(({ name }) => features[name] === "no")
  const good: Finding = { state: "good", about: "kernel", text: features.release }
  if (lacking.length === 0) return [good]
  return lacking.map(({ name, state, cost, module }) => ({
    state,
    about: "kernel",
    text: `${features.release} has no ${name}: ${cost}`,
    fix: `load it with modprobe ${module}, or use another kernel`,
  }))
}

/** The tables of the xtables that nftables replaced, one a line, as far as they are in use. */
function legacyTables(): string {
  // Root alone may read them; for others the check is left out, because they miss more than this.
  const files = process.getuid?.() === 0 ? ["/proc/net/ip_tables_names", "/proc/net/ip6_tables_names"] : []
  return files.map((file) => (existsSync(file) ? readFileSync(file, "utf8") : "")).join("")
}

/** Their rules also judge our packets, and cannot be seen or changed through nftables. */
export function legacyFirewall(names: string): Finding[] {
  const tables = [...new Set(names.split("\n"))].filter((name) => name !== "")
  if (!tables.includes("filter")) return []
  return [
    {
      state: "limited",
      about: "firewall",
      text: `legacy iptables is in use (${tables.join(", ")}): where its rules drop forwarded packets pods are cut off, and they cannot be opened from here`,
      fix: "switch with update-alternatives --set iptables /usr/sbin/iptables-nft and load the rules again, or let pods through: iptables-legacy -I FORWARD -i gantry+ -j ACCEPT; iptables-legacy -I FORWARD -o gantry+ -j ACCEPT",
    },
  ]
}

function cgroups(): Finding {
  const { mode, controllers } = detectCgroups()
  if (mode === "none") {
    return {
      state: "missing",
      about: "cgroups",
      text: "no cgroup file system is mounted",
      fix: "mount -t cgroup2 none /sys/fs/cgroup",
    }
  }
  const lacking = ["cpu", "memory", "pids"].filter((name) => !controllers.has(name))
  if (lacking.length === 0) return { state: "good", about: "cgroups", text: mode }
  return {
    state: "limited",
    about: "cgroups",
    text: `${mode} without ${lacking.join(", ")}: limits of that kind are not enforced`,
    fix: "enable the controllers on the kernel's command line (cgroup_enable=memory)",
  }
}

/** What keeps programs in containers from doing harm, beyond namespaces. Containers start without it all the same. */
function confinement(): Finding[] {
  const findings: Finding[] = []
  if (!existsSync("/proc/sys/kernel/seccomp")) {
    findings.push({
      state: "limited",
      about: "seccomp",
      text: "not in this kernel: containers may make every system call",
      fix: "use a kernel with CONFIG_SECCOMP_FILTER",
    })
  }
  const apparmor = "/sys/module/apparmor/parameters/enabled"
  if (!existsSync(apparmor) || !readFileSync(apparmor, "utf8").startsWith("Y")) {
    findings.push({
      state: "limited",
      about: "AppArmor",
      text: "not enabled in this kernel: pods that ask for a profile are refused, others run without one",
      fix: "boot with apparmor=1 security=apparmor, where the kernel has it",
    })
  }
  return findings
}

const PROGRAMS = [
  { names: ["crun", "runc"], package: "crun" },
  { names: ["conmon"], package: "conmon" },
  { names: ["nft"], package: "nftables" },
  { names: ["nsenter"], package: "util-linux" },
]

function programs(): Finding[] {
  const lacking = PROGRAMS.filter(({ names }) => names.every((name) => findProgram(name) === undefined))
  if (lacking.length === 0) return [{ state: "good", about: "programs", text: "crun or runc, conmon, nft" }]
  return lacking.map(({ names, package: name }) => ({
    state: "missing",
    about: "programs",
    text: `${names.join(" or ")} is not installed`,
    fix: `apt-get install ${name}`,
  }))
}

const MIB = 1024 * 1024
const DISK_LEAST_BYTES = 256 * MIB
const DISK_COMFORTABLE_BYTES = 2048 * MIB

function disk(dataDir: string): Finding {
  const folder = nearestExisting(dataDir)
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  const text = `${Math.floor(free / MIB)} MiB free for ${dataDir}`
  if (free >= DISK_COMFORTABLE_BYTES) return { state: "good", about: "disk", text }
  const fix = "free some space, or choose another disk with --data-dir"
  if (free < DISK_LEAST_BYTES) {
    return { state: "missing", about: "disk", text: `${text}, expected at least ${DISK_LEAST_BYTES / MIB} MiB`, fix }
  }
  return { state: "limited", about: "disk", text: `${text}: images and logs may fill it`, fix }
}

export const KUBECTL_HINT = "apt-get install kubernetes-client, or https://kubernetes.io/docs/tasks/tools/"

function kubectl(): Finding {
  const found = findProgram("kubectl")
  if (found !== undefined) return { state: "good", about: "kubectl", text: found }
  return {
    state: "limited",
    about: "kubectl",
    text: "kubectl is not installed: clusters run, but have to be spoken to by other means",
    fix: KUBECTL_HINT,
  }
}

export function nearestExisting(path: string): string {
  let folder = path
  while (!existsSync(folder)) folder = dirname(folder)
  return folder
}

/** Where a program is that can be run by its name. */
export function findProgram(name: string): string | undefined {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const file = join(folder, name)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // Not in this folder.
    }
  }
  return undefined
}
