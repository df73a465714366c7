import { dlopen } from "node:ffi"
import { closeSync } from "node:fs"
import { check } from "./libc.ts"
import { openFile } from "./open.ts"

/** The same system call entry as in `libc.ts`, with the types that these calls take. Their numbers are the same on every architecture. */
const { functions: openTreeLibrary } = dlopen("libc.so.6", {
  syscall: { return: "int64", arguments: ["int64", "int64", "string", "int64"] },
})
const { functions: moveMountLibrary } = dlopen("libc.so.6", {
  syscall: { return: "int64", arguments: ["int64", "int64", "string", "int64", "string", "int64"] },
})
const { functions: attributesLibrary } = dlopen("libc.so.6", {
  syscall: { return: "int64", arguments: ["int64", "int64", "string", "int64", "pointer", "int64"] },
})

const SYS_OPEN_TREE = 428n
const SYS_MOVE_MOUNT = 429n
const SYS_MOUNT_SETATTR = 442n
const AT_FDCWD = -100n
const AT_EMPTY_PATH = 0x1000n
const AT_RECURSIVE = 0x8000n
const OPEN_TREE_CLONE = 1n
const OPEN_TREE_CLOEXEC = 0o2000000n
const MOVE_MOUNT_F_EMPTY_PATH = 4n
const MOUNT_ATTR_IDMAP = 0x00100000n
/** `struct mount_attr`: attr_set, attr_clr, propagation, userns_fd. */
const ATTRIBUTES_BYTES = 32

/**
 * Makes `source`, with everything mounted below it, visible at `target` too, and there as a user namespace sees it: what
 * user 0 owns at the source belongs to the namespace's user 0 at the target, and what is made there comes to belong to
 * user 0 at the source. `userns` is a path of the namespace. Throws a SystemError, EINVAL when a file system cannot.
 * https://man7.org/linux/man-pages/man2/mount_setattr.2.html
 */
export function mountIdMapped(source: string, target: string, userns: string): void {
  const namespace = openFile(userns)
  try {
    const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE
    const tree = check("open_tree", openTreeLibrary.syscall(SYS_OPEN_TREE, AT_FDCWD, source, flags), source)
    try {
      const attributes = Buffer.alloc(ATTRIBUTES_BYTES)
      attributes.writeBigUInt64LE(MOUNT_ATTR_IDMAP, 0)
      attributes.writeBigUInt64LE(BigInt(namespace), 24)
      const size = BigInt(ATTRIBUTES_BYTES)
      const where = AT_EMPTY_PATH | AT_RECURSIVE
      check("mount_setattr", attributesLibrary.syscall(SYS_MOUNT_SETATTR, tree, "", where, attributes, size), source)
      const moved = moveMountLibrary.syscall(SYS_MOVE_MOUNT, tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH)
      check("move_mount", moved, `${source} on ${target}`)
    } finally {
      closeSync(Number(tree))
    }
  } finally {
    closeSync(namespace)
  }
}
