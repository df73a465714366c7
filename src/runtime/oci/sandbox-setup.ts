import { chownSync, copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { hostname as nodeHostname } from "node:os"
import { join } from "node:path"
import { mount, unmount } from "../../platform/linux/mount.ts"
import {
  createPinnedNamespaces,
  enterNamespaces,
  isPinnedNamespace,
  type NamespaceKind,
  USER_NAMESPACE,
  unpinNamespaces,
} from "../../platform/linux/namespaces.ts"
import { createPinnedUserNamespace } from "../../platform/linux/user-namespaces.ts"
import type { Processes } from "../../platform/processes.ts"
import { RuntimeError } from "../errors.ts"
import type { DnsConfig, IdMapping, PodSandboxConfig, UserNamespace } from "../sandbox.ts"
import type { SandboxPaths } from "./layout.ts"
import type { SandboxFiles } from "./spec/mounts.ts"
import type { SandboxNamespaces } from "./spec/namespaces.ts"

/** Size of a pod's /dev/shm, as containerd has it. */
const SHM_SIZE = "64m"
const HOSTNAME_BYTES_MAX = 64

/** The kinds of namespace that a sandbox has of its own. With the node's network it also has the node's name. */
export function namespaceKinds(config: PodSandboxConfig): NamespaceKind[] {
  const { network, ipc } = config.linux.securityContext.namespaceOptions
  const kinds: NamespaceKind[] = []
  if (network === "POD") kinds.push("net", "uts")
  if (ipc === "POD") kinds.push("ipc")
  return kinds
}

/** The ids of a sandbox with a user namespace of its own; undefined: it has the node's. */
export function userNamespace(config: PodSandboxConfig): UserNamespace | undefined {
  const { userns } = config.linux.securityContext.namespaceOptions
  return userns?.mode === "POD" ? userns : undefined
}

/** Who root of the sandbox is on the machine. */
export function sandboxRoot(config: PodSandboxConfig): { readonly uid: number; readonly gid: number } {
  const hostOf = (ranges: readonly IdMapping[] = []) => ranges.find(({ containerId }) => containerId === 0)?.hostId ?? 0
  const { gids, uids } = userNamespace(config) ?? {}
  return { uid: hostOf(uids), gid: hostOf(gids) }
}

export function sandboxNamespaces(config: PodSandboxConfig, paths: SandboxPaths): SandboxNamespaces {
  const kinds = namespaceKinds(config)
  const user = userNamespace(config) === undefined ? null : join(paths.namespaces, USER_NAMESPACE)
  const path = (kind: NamespaceKind) => (kinds.includes(kind) ? join(paths.namespaces, kind) : null)
  return { user, net: path("net"), uts: path("uts"), ipc: path("ipc") }
}

export function sandboxFiles(config: PodSandboxConfig, paths: SandboxPaths): SandboxFiles {
  return {
    shm: config.linux.securityContext.namespaceOptions.ipc === "NODE" ? "/dev/shm" : paths.shm,
    hostname: paths.hostname,
    resolvConf: existsSync(paths.resolvConf) ? paths.resolvConf : null,
  }
}

export function sandboxHostname(config: PodSandboxConfig): string {
  return config.hostname === "" || config.linux.securityContext.namespaceOptions.network === "NODE"
    ? config.hostname || nodeHostname()
    : config.hostname
}

/** Makes the sandbox's namespaces, with its kernel settings, and its files. The folders must be new. */
export async function setUpSandbox(
  config: PodSandboxConfig,
  paths: SandboxPaths,
  processes: Pick<Processes, "spawn">,
): Promise<void> {
  const kinds = namespaceKinds(config)
  const userns = userNamespace(config)
  for (const ids of userns === undefined ? [] : [userns.uids, userns.gids]) {
    if (ids.some(({ containerId, length }) => containerId === 0 && length > 0)) continue
    throw new RuntimeError(
      "InvalidArgument",
      "found no mapping of id 0 of the user namespace, expected one: it is root there",
    )
  }
  mkdirSync(paths.namespaces, { recursive: true })
  const hostname = Buffer.from(sandboxHostname(config)).subarray(0, HOSTNAME_BYTES_MAX).toString()
  if (kinds.length > 0) {
    if (userns === undefined) createPinnedNamespaces(paths.namespaces, kinds, { hostname })
    else await createPinnedUserNamespace(paths.namespaces, kinds, { ...userns, hostname }, processes)
    const pinned = Object.fromEntries(kinds.map((kind) => [kind, join(paths.namespaces, kind)]))
    const sysctls = Object.entries(config.linux.sysctls)
    if (sysctls.length > 0)
      enterNamespaces(pinned, () => sysctls.forEach(([name, value]) => setSysctl(name, value, kinds)))
  } else if (Object.keys(config.linux.sysctls).length > 0) {
    throw new RuntimeError("InvalidArgument", "sysctls are not allowed with the node's network and IPC")
  }
  const { gid, uid } = sandboxRoot(config)
  if (config.linux.securityContext.namespaceOptions.ipc === "POD") {
    mkdirSync(paths.shm, { recursive: true })
    const data = `mode=1777,size=${SHM_SIZE},uid=${uid},gid=${gid}`
    mount("shm", paths.shm, { type: "tmpfs", flags: ["noSuid", "noDev", "noExec"], data })
  }
  writeFileSync(paths.hostname, `${hostname}\n`)
  if (config.dnsConfig !== undefined) writeFileSync(paths.resolvConf, resolvConf(config.dnsConfig))
  else if (existsSync("/etc/resolv.conf")) copyFileSync("/etc/resolv.conf", paths.resolvConf)
  if (uid === 0) return
  for (const path of [paths.hostname, paths.resolvConf]) if (existsSync(path)) chownSync(path, uid, gid)
}

/** A setting that belongs to no namespace of the pod's would change the machine. */
function setSysctl(name: string, value: string, kinds: readonly NamespaceKind[]): void {
  // `net.ipv4.conf.eth0/1.x` has a dot in the interface's name: the separators are then swapped.
  const slashFirst = name.includes("/") && (!name.includes(".") || name.indexOf("/") < name.indexOf("."))
  const path = slashFirst ? name : name.replace(/[./]/g, (separator) => (separator === "." ? "/" : "."))
  const needed = neededNamespace(path)
  if (needed === null || !kinds.includes(needed) || path.split("/").includes("..")) {
    throw new RuntimeError(
      "InvalidArgument",
      `sysctl ${name} is not separate from the node's: it needs a ${needed ?? "kernel"} namespace that the pod lacks`,
    )
  }
  try {
    writeFileSync(`/proc/sys/${path}`, value)
  } catch (cause) {
    throw new RuntimeError("RuntimeFailure", `cannot set sysctl ${name} to ${JSON.stringify(value)}`, { cause })
  }
}

function neededNamespace(path: string): NamespaceKind | null {
  if (path.startsWith("net/")) return "net"
  if (path.startsWith("fs/mqueue/") || /^kernel\/(shm|msg|sem)/.test(path)) return "ipc"
  return path === "kernel/domainname" || path === "kernel/hostname" ? "uts" : null
}

/** https://man7.org/linux/man-pages/man5/resolv.conf.5.html */
export function resolvConf({ searches, servers, options }: DnsConfig): string {
  const lines = [
    ...(searches.length > 0 ? [`search ${searches.join(" ")}`] : []),
    ...servers.map((server) => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(" ")}`] : []),
  ]
  return lines.map((line) => `${line}\n`).join("")
}

/** Lets go of everything that `setUpSandbox` has made outside the data folder. May be repeated. */
export function tearDownSandbox(paths: SandboxPaths): void {
  while (unmount(paths.shm)) continue
  unpinNamespaces(paths.namespaces)
  rmSync(paths.state, { recursive: true, force: true })
}

/** False after a reboot, or when somebody has removed the pins. */
export function namespacesExist(config: PodSandboxConfig, paths: SandboxPaths): boolean {
  const kinds = [...namespaceKinds(config), ...(userNamespace(config) === undefined ? [] : [USER_NAMESPACE])]
  return kinds.every((kind) => isPinnedNamespace(join(paths.namespaces, kind)))
}
