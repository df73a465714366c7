import { check, libc } from "./libc.ts"
import { hasCode } from "./system-error.ts"

/** mount(2)'s flags. https://man7.org/linux/man-pages/man2/mount.2.html */
export const mountFlags = {
  readOnly: 1n,
  noSuid: 2n,
  noDev: 4n,
  noExec: 8n,
  remount: 32n,
  bind: 4096n,
  move: 8192n,
  recursive: 16384n,
  unbindable: 1n << 17n,
  private: 1n << 18n,
  slave: 1n << 19n,
  shared: 1n << 20n,
  relatime: 1n << 21n,
} as const

export type MountFlag = keyof typeof mountFlags

export interface MountOptions {
  /** The file system's type, such as `overlay` or `tmpfs`. Absent for a bind mount or a change of propagation. */
  readonly type?: string
  readonly flags?: readonly MountFlag[]
  /** The file system's own options, as after `mount -o`. At most 4095 bytes. */
  readonly data?: string
}

// The kernel reads one page of options and cuts the rest off, so that an overlay silently loses layers.
const DATA_MAX_BYTES = 4095

/** Attaches `source` at `target`. Throws a SystemError that names both. */
export function mount(source: string | null, target: string, options: MountOptions = {}): void {
  const { type = null, data = null } = options
  if (data !== null && Buffer.byteLength(data) > DATA_MAX_BYTES) {
    throw new RangeError(
      `mount ${target}: found ${Buffer.byteLength(data)} bytes of options, expected at most ${DATA_MAX_BYTES}`,
    )
  }
  let flags = 0n
  for (const flag of options.flags ?? []) flags |= mountFlags[flag]
  check("mount", libc.mount(source, target, type, flags, data), `${type ?? "bind"} ${source ?? "none"} on ${target}`)
}

/**
 * Makes `source` visible at `target` too. Read-only needs a second step, as the kernel ignores the flag in the first.
 * Nothing stays mounted when it throws.
 */
export function bindMount(
  source: string,
  target: string,
  options: { readOnly?: boolean; recursive?: boolean } = {},
): void {
  mount(source, target, { flags: options.recursive ? ["bind", "recursive"] : ["bind"] })
  if (!options.readOnly) return
  try {
    mount(null, target, { flags: ["bind", "remount", "readOnly"] })
  } catch (error) {
    unmount(target)
    throw error
  }
}

const MNT_DETACH = 2
const UMOUNT_NOFOLLOW = 8

/**
 * Detaches what is mounted at `target`, at once even when it is in use (a lazy unmount), and never through a symbolic
 * link. Returns whether something was mounted; where nothing is mounted or the path is gone, it does nothing.
 */
export function unmount(target: string): boolean {
  try {
    check("umount2", libc.umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW), target)
    return true
  } catch (error) {
    if (hasCode(error, "EINVAL", "ENOENT")) return false
    throw error
  }
}
