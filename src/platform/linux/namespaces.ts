import { closeSync, mkdirSync, rmSync, stat, statfsSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { check, libc } from "./libc.ts"
import { bindMount, unmount } from "./mount.ts"
import { openFile } from "./open.ts"
import { hasCode } from "./system-error.ts"

/**
 * Kernel namespaces, entered and made by this thread for the length of one synchronous function.
 *
 * A namespace belongs to a thread, and a socket or a child process to the namespace of the thread at the moment it is
 * made. So nothing needs a Worker or a helper program: switch, make it, switch back, in a few microseconds.
 * https://man7.org/linux/man-pages/man7/namespaces.7.html
 */
export type NamespaceKind = "net" | "uts" | "ipc" | "cgroup"

/** Files that stand for namespaces: pinned ones, or /proc/PID/ns/…. */
export type NamespacePaths = { readonly [kind in NamespaceKind]?: string }

const cloneFlags: Readonly<Record<NamespaceKind, number>> = {
  net: 0x40000000,
  uts: 0x04000000,
  ipc: 0x08000000,
  cgroup: 0x02000000,
}
const kindsInOrder = ["net", "uts", "ipc", "cgroup"] as const
/** What `createPinnedUserNamespace` pins besides. */
export const USER_NAMESPACE = "user"

/**
 * Runs `work` inside the given namespaces and returns its result. `work` must be synchronous: what runs later runs
 * outside, so a promise is refused. Sockets that `work` opens and children that it spawns stay in the namespaces.
 */
export function enterNamespaces<T>(paths: NamespacePaths, work: () => T): T {
  const kinds = kindsInOrder.filter((kind) => paths[kind] !== undefined)
  const targets: { readonly kind: NamespaceKind; readonly fd: number }[] = []
  try {
    for (const kind of kinds) targets.push({ kind, fd: openFile(paths[kind] ?? "") })
    return withNamespacesRestored(kinds, () => {
      for (const { kind, fd } of targets) check("setns", libc.setns(fd, cloneFlags[kind]), paths[kind])
      return work()
    })
  } finally {
    for (const { fd } of targets) closeSync(fd)
  }
}

/**
 * Makes new namespaces and pins each by a bind mount on `dir`/`kind` (`dir/net`), where they stay until
 * `unpinNamespaces`, also when no process is in them. A new network namespace has its loopback interface up.
 * `hostname` sets the name in a new UTS namespace. Nothing is left when it throws; EEXIST tells that one is pinned.
 */
export function createPinnedNamespaces(
  dir: string,
  kinds: readonly NamespaceKind[],
  options: { readonly hostname?: string } = {},
): NamespacePaths {
  mkdirSync(dir, { recursive: true })
  const paths = new Map<NamespaceKind, string>()
  for (const kind of kinds) {
    const path = join(dir, kind)
    if (isPinnedNamespace(path))
      throw Object.assign(new Error(`A namespace is pinned at ${path} already`), { code: "EEXIST" })
    paths.set(kind, path)
  }
  try {
    withNamespacesRestored(kinds, () => {
      let flags = 0
      for (const kind of kinds) flags |= cloneFlags[kind]
      check("unshare", libc.unshare(flags), kinds.join(", "))
      for (const [kind, path] of paths) {
        writeFileSync(path, "")
        bindMount(`/proc/thread-self/ns/${kind}`, path)
      }
      if (paths.has("net")) raiseLoopback()
      if (paths.has("uts") && options.hostname !== undefined) setHostname(options.hostname)
    })
  } catch (error) {
    unpinNamespaces(dir, kinds)
    throw error
  }
  return Object.fromEntries(paths)
}

/** Lets go of what `createPinnedNamespaces` pinned. May be repeated; what is not there is no error. */
export function unpinNamespaces(
  dir: string,
  kinds: readonly (NamespaceKind | typeof USER_NAMESPACE)[] = [...kindsInOrder, USER_NAMESPACE],
): void {
  for (const kind of kinds) {
    const path = join(dir, kind)
    while (unmount(path)) continue
    rmSync(path, { force: true })
  }
}

// https://man7.org/linux/man-pages/man2/statfs.2.html
const NSFS_MAGIC = 0x6e736673

/** True when a namespace is pinned at `path`. A plain file there is what a reboot leaves. */
export function isPinnedNamespace(path: string): boolean {
  try {
    return statfsSync(path).type === NSFS_MAGIC
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return false
    throw error
  }
}

/** A number that two paths share exactly when they stand for the same namespace. */
export function namespaceId(path: string): number {
  return statSync(path).ino
}

/** Gives pinned namespaces what new ones have: a loopback interface that is up, and a name. */
export function prepareNamespaces(dir: string, kinds: readonly NamespaceKind[], hostname: string): void {
  enterNamespaces(Object.fromEntries(kinds.map((kind) => [kind, join(dir, kind)])), () => {
    if (kinds.includes("net")) raiseLoopback()
    if (kinds.includes("uts")) setHostname(hostname)
  })
}

/** Names the machine, as the calling thread's UTS namespace sees it. At most 64 bytes. */
export function setHostname(name: string): void {
  check("sethostname", libc.sethostname(name, BigInt(Buffer.byteLength(name))), name)
}

/**
 * Gives this thread, and the processes that it starts from now on, a UTS namespace of their own with this host name: a
 * node that shares its machine is called otherwise than the machine.
 */
export function takeHostname(name: string): void {
  check("unshare", libc.unshare(cloneFlags.uts), "uts")
  setHostname(name)
}

/** Runs `work`, which may change this thread's namespaces of the given kinds, and brings the thread back. */
function withNamespacesRestored<T>(kinds: readonly NamespaceKind[], work: () => T): T {
  startThreadPool()
  const originals: { readonly kind: NamespaceKind; readonly fd: number }[] = []
  try {
    for (const kind of kinds) originals.push({ kind, fd: openFile(`/proc/thread-self/ns/${kind}`) })
    try {
      const result = work()
      if (result instanceof Promise) throw new TypeError("work in a namespace must be synchronous, found a promise")
      return result
    } finally {
      for (const { kind, fd } of originals) restore(kind, fd)
    }
  } finally {
    for (const { fd } of originals) closeSync(fd)
  }
}

function restore(kind: NamespaceKind, fd: number): void {
  if (libc.setns(fd, cloneFlags[kind]) === 0) return
  // Going on would open the server's sockets and start its children inside a pod.
  process.stderr.write(`gantry: cannot return to the original ${kind} namespace; stopping\n`)
  process.abort()
}

let threadPoolStarted = false

/** Threads inherit the namespaces of the thread that starts them. Node starts its pool with the first asynchronous call. */
function startThreadPool(): void {
  if (threadPoolStarted) return
  threadPoolStarted = true
  stat("/", () => undefined)
}

// linux/if.h, linux/sockios.h
const SIOCSIFFLAGS = 0x8914n
const IFF_UP = 1
const IFREQ_BYTES = 40
const IFREQ_FLAGS_OFFSET = 16
const AF_INET = 2
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000

/** Sets the loopback interface of this thread's network namespace up, which gives it 127.0.0.1 and ::1. */
function raiseLoopback(): void {
  const socket = check("socket", libc.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0))
  try {
    const request = Buffer.alloc(IFREQ_BYTES)
    request.write("lo")
    request.writeInt16LE(IFF_UP, IFREQ_FLAGS_OFFSET)
    check("ioctl", libc.ioctl(socket, SIOCSIFFLAGS, request), "lo up")
  } finally {
    closeSync(socket)
  }
}
