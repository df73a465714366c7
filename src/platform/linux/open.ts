import { closeSync, constants, fstatSync, readSync } from "node:fs"
import { check, libc } from "./libc.ts"
import { hasCode } from "./system-error.ts"

const AT_FDCWD = -100
const O_CLOEXEC = 0o2000000
// glibc 2.36 has no wrapper; the number is the same on every architecture.
const SYS_OPENAT2 = 437n
const RESOLVE_NO_MAGICLINKS = 2n
const RESOLVE_IN_ROOT = 16n
const OPEN_HOW_BYTES = 24

export const openFlags = {
  ...constants,
  /** A descriptor that only stands for the place. */
  O_PATH: 0o10000000,
  O_CLOEXEC,
} as const

/** Opens a file and returns its descriptor, closed on exec. Unlike Node's, it never waits for the thread pool. */
export function openFile(path: string, flags: number = constants.O_RDONLY, mode = 0): number {
  return check("open", libc.open(path, flags | O_CLOEXEC, mode), path)
}

/**
 * Opens `path` as if `root` were the root of the file system: neither `..` nor a symbolic link leads out of it, also
 * when someone inside changes links meanwhile. For every path that a container or an image has a say in. Returns a
 * descriptor that the caller closes; `/proc/self/fd/N` is its path. `mode` counts only with O_CREAT.
 * https://man7.org/linux/man-pages/man2/openat2.2.html
 */
export function openInRoot(root: string, path: string, flags: number = constants.O_RDONLY, mode = 0): number {
  const rootFd = openFile(root, openFlags.O_PATH | constants.O_DIRECTORY)
  try {
    return openInRootAt(rootFd, path, flags, mode)
  } finally {
    closeSync(rootFd)
  }
}

/** Like `openInRoot`, from a descriptor of the root. */
export function openInRootAt(rootFd: number, path: string, flags: number = constants.O_RDONLY, mode = 0): number {
  const how = Buffer.alloc(OPEN_HOW_BYTES)
  how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0)
  how.writeBigUInt64LE(BigInt((flags & constants.O_CREAT) === 0 ? 0 : mode), 8)
  how.writeBigUInt64LE(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, 16)
  if (path.includes("\0")) throw new TypeError("a path cannot contain a NUL byte")
  const pathBytes = Buffer.from(`${path}\0`)
  const size = BigInt(OPEN_HOW_BYTES)
  // The kernel gives up with EAGAIN when something was renamed while it looked.
  for (let attempt = 1; ; attempt++) {
    const fd = Number(libc.syscall(SYS_OPENAT2, BigInt(rootFd), pathBytes, how, size, 0n, 0n))
    if (fd >= 0) return fd
    try {
      check("openat2", fd, path)
    } catch (error) {
      if (attempt === 16 || !hasCode(error, "EAGAIN")) throw error
    }
  }
}

/** The part of a regular file that is read: from its beginning or its end. */
export interface ReadPart {
  readonly from: "beginning" | "end"
  readonly bytesMax: number
}

/**
 * Reads what a descriptor opened with O_PATH stands for, and closes it. Undefined for what is no regular file: a container
 * may have put a pipe there, whose opening would wait for ever, or a device.
 */
export function readRegular(placeFd: number, { from, bytesMax }: ReadPart): Buffer | undefined {
  try {
    if (!fstatSync(placeFd).isFile()) return undefined
    const fd = openFile(`/proc/self/fd/${placeFd}`)
    try {
      const { size } = fstatSync(fd)
      const bytes = Buffer.alloc(Math.min(size, bytesMax))
      const length = readSync(fd, bytes, 0, bytes.length, from === "end" ? size - bytes.length : 0)
      return bytes.subarray(0, length)
    } finally {
      closeSync(fd)
    }
  } finally {
    closeSync(placeFd)
  }
}

// sys/stat.h
const fileTypes = { character: 0o020000, block: 0o060000, fifo: 0o010000 } as const

/**
 * Makes a device node or a named pipe. `mode` holds the permission bits, from which the umask is not taken. `device` is
 * [major, minor]; an overlay's whiteout is the character device 0, 0.
 */
export function makeNode(
  path: string,
  type: keyof typeof fileTypes,
  mode: number,
  device: readonly [major: number, minor: number] = [0, 0],
): void {
  const umask = libc.umask(0)
  try {
    check("mknod", libc.mknodat(AT_FDCWD, path, fileTypes[type] | mode, deviceNumber(...device)), path)
  } finally {
    libc.umask(umask)
  }
}

/** The C library's way to pack a device number, `makedev`. */
export function deviceNumber(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)]
  return ((high & 0xfffff000n) << 32n) | ((high & 0xfffn) << 8n) | ((low & 0xffffff00n) << 12n) | (low & 0xffn)
}
