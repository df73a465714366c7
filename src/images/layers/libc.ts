import { dlopen, getInt32 } from "node:ffi"
import { constants } from "node:os"

/**
 * The few system calls that Node does not offer and image layers need: extended attributes, device nodes and
 * shared file locks. Every call blocks, and is quick.
 */
const { functions: c } = dlopen("libc.so.6", {
  lsetxattr: { return: "i32", arguments: ["string", "string", "buffer", "u64", "i32"] },
  lgetxattr: { return: "i64", arguments: ["string", "string", "buffer", "u64"] },
  llistxattr: { return: "i64", arguments: ["string", "buffer", "u64"] },
  mknod: { return: "i32", arguments: ["string", "u32", "u64"] },
  flock: { return: "i32", arguments: ["i32", "i32"] },
  __errno_location: { return: "pointer", arguments: [] },
})

const errnoAddress = c.__errno_location()
const ERRNO_NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]))

function failure(call: string, detail: string): NodeJS.ErrnoException {
  const number = getInt32(errnoAddress, 0)
  const code = ERRNO_NAMES.get(number) ?? `errno ${number}`
  return Object.assign(new Error(`${call} ${detail}: ${code}`), { code, errno: -number, syscall: call })
}

/** Sets an extended attribute without following a symbolic link. Throws an error with `code` as Node's file functions do. */
export function setXattr(path: string, name: string, value: Uint8Array): void {
  const bytes = Buffer.from(value)
  // An empty buffer has no address to hand over.
  const memory = bytes.length > 0 ? bytes : Buffer.alloc(1)
  if (c.lsetxattr(path, name, memory, BigInt(bytes.length), 0) !== 0) throw failure("lsetxattr", `${path} ${name}`)
}

const XATTR_BYTES_MAX = 65_536 // The kernel's own limit, for a value as for the list of names.
const scratch = Buffer.alloc(XATTR_BYTES_MAX)

/** The value of an extended attribute, or null when the file has none of that name. */
export function getXattr(path: string, name: string): Buffer | null {
  const length = Number(c.lgetxattr(path, name, scratch, BigInt(scratch.length)))
  if (length >= 0) return Buffer.from(scratch.subarray(0, length))
  const error = failure("lgetxattr", `${path} ${name}`)
  if (error.code === "ENODATA" || error.code === "ENOTSUP" || error.code === "EOPNOTSUPP") return null
  throw error
}

/** The names of a file's extended attributes, sorted. */
export function listXattrs(path: string): string[] {
  const length = Number(c.llistxattr(path, scratch, BigInt(scratch.length)))
  if (length < 0) {
    const error = failure("llistxattr", path)
    if (error.code === "ENOTSUP" || error.code === "EOPNOTSUPP") return []
    throw error
  }
  return scratch.toString("utf8", 0, length).split("\0").filter(Boolean).sort()
}

export const S_IFCHR = 0o020000
export const S_IFBLK = 0o060000
export const S_IFIFO = 0o010000

/** Creates a device node or FIFO. `mode` includes the type; `major` and `minor` are 0 for a FIFO. */
export function makeNode(path: string, mode: number, major: number, minor: number): void {
  if (c.mknod(path, mode, encodeDevice(major, minor)) !== 0) throw failure("mknod", path)
}

/** glibc's `makedev`. */
function encodeDevice(major: number, minor: number): bigint {
  const [a, b] = [BigInt(major), BigInt(minor)]
  return ((a & 0xfffff000n) << 32n) | ((a & 0xfffn) << 8n) | ((b & 0xffffff00n) << 12n) | (b & 0xffn)
}

/** The major and minor number in `stat.rdev`. */
export function decodeDevice(rdev: number): { major: number; minor: number } {
  const device = BigInt(rdev)
  return {
    major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n)),
    minor: Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n)),
  }
}

const LOCK_SHARED = 1
const LOCK_EXCLUSIVE = 2
const LOCK_NON_BLOCKING = 4

/** Tries to lock an open file for as long as the descriptor lives. False when another holds a conflicting lock. */
export function tryLock(fd: number, mode: "shared" | "exclusive"): boolean {
  const operation = (mode === "shared" ? LOCK_SHARED : LOCK_EXCLUSIVE) | LOCK_NON_BLOCKING
  if (c.flock(fd, operation) === 0) return true
  const error = failure("flock", `descriptor ${fd}`)
  if (error.code === "EAGAIN" || error.code === "EWOULDBLOCK") return false
  throw error
}
