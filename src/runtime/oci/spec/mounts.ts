import { posix } from "node:path"
import type { Mount } from "../../container.ts"
import { RuntimeError } from "../../errors.ts"
import type { OciMount } from "./types.ts"

/** Files and folders of the sandbox that its containers see. */
export interface SandboxFiles {
  /** A tmpfs of the sandbox, or the node's /dev/shm with host IPC. */
  readonly shm: string
  /** Null: the image's own stays. */
  readonly hostname: string | null
  readonly resolvConf: string | null
}

const guarded = ["nosuid", "noexec", "nodev"]

/** What every container gets unless it mounts something there itself. */
export function defaultMounts(privileged: boolean, files: SandboxFiles, rootReadonly: boolean): OciMount[] {
  const access = privileged ? "rw" : "ro"
  const bind = (source: string, destination: string, options: readonly string[]): OciMount => ({
    destination,
    type: "bind",
    source,
    options: ["rbind", "rprivate", ...options],
  })
  const mounts: OciMount[] = [
    { destination: "/proc", type: "proc", source: "proc", options: guarded },
    {
      destination: "/dev",
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
    },
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: guarded },
    { destination: "/sys", type: "sysfs", source: "sysfs", options: [...guarded, access] },
    { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: [...guarded, "relatime", access] },
    bind(files.shm, "/dev/shm", [...guarded, "rw"]),
  ]
  const file = rootReadonly ? "ro" : "rw"
  if (files.hostname !== null) mounts.push(bind(files.hostname, "/etc/hostname", [file]))
  if (files.resolvConf !== null) mounts.push(bind(files.resolvConf, "/etc/resolv.conf", [file]))
  return mounts
}

/** A mount of the container whose source is known: an image mount has been unpacked. */
export type ResolvedMount = Mount & { readonly source: string }

const propagations = { PRIVATE: "rprivate", HOST_TO_CONTAINER: "rslave", BIDIRECTIONAL: "rshared" } as const

export function userMount(mount: ResolvedMount): OciMount {
  if (mount.containerPath === "") {
    throw new RuntimeError("InvalidArgument", "a mount has an empty containerPath: name a folder or file")
  }
  if (mount.recursiveReadOnly && (!mount.readonly || mount.propagation !== "PRIVATE")) {
    throw new RuntimeError(
      "InvalidArgument",
      `recursive read-only mount at ${mount.containerPath} must be read-only with private propagation`,
    )
  }
  const readonly = mount.readonly || mount.image !== undefined
  const access = mount.recursiveReadOnly ? "rro" : readonly ? "ro" : "rw"
  return {
    destination: posix.resolve("/", mount.containerPath),
    type: "bind",
    source: mount.source,
    options: ["rbind", propagations[mount.propagation], access],
  }
}

/** Defaults make room for the container's own; parents come before what is mounted below them. */
export function combineMounts(defaults: readonly OciMount[], own: readonly OciMount[]): OciMount[] {
  const taken = new Set(own.map(({ destination }) => destination))
  const kept = defaults.filter(({ destination }) => !taken.has(destination))
  return [...kept, ...own].toSorted((a, b) => depth(a.destination) - depth(b.destination))
}

function depth(path: string): number {
  return path === "/" ? 0 : path.split("/").length - 1
}

/** The strongest propagation that any mount needs from the root. */
export function rootPropagation(mounts: readonly Mount[]): "rprivate" | "rslave" | "rshared" {
  if (mounts.some(({ propagation }) => propagation === "BIDIRECTIONAL")) return "rshared"
  return mounts.some(({ propagation }) => propagation === "HOST_TO_CONTAINER") ? "rslave" : "rprivate"
}
