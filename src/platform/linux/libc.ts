import { dlopen, getInt32 } from "node:ffi"
import { SystemError } from "./system-error.ts"

/**
 * The C library's functions that the modules in this folder wrap. Nothing outside `platform/linux` calls them.
 *
 * Calls block the thread, as every one of these is quick or made in a Worker of its own. 32-bit values are numbers,
 * 64-bit ones and addresses are bigints; a `pointer` also takes a Buffer (its memory) or null. A string is handed over
 * as NUL-terminated UTF-8. Functions with optional arguments (`open`, `prctl`, `ioctl`, `syscall`) are declared with all
 * of them, which the calling conventions of x86-64 and arm64 allow for whole numbers and addresses.
 */
export const libc = dlopen("libc.so.6", {
  // Files
  open: { return: "int32", arguments: ["string", "int32", "uint32"] },
  openat: { return: "int32", arguments: ["int32", "string", "int32", "uint32"] },
  close: { return: "int32", arguments: ["int32"] },
  dup3: { return: "int32", arguments: ["int32", "int32", "int32"] },
  read: { return: "int64", arguments: ["int32", "pointer", "uint64"] },
  write: { return: "int64", arguments: ["int32", "pointer", "uint64"] },
  mknod: { return: "int32", arguments: ["string", "uint32", "uint64"] },
  mknodat: { return: "int32", arguments: ["int32", "string", "uint32", "uint64"] },
  flock: { return: "int32", arguments: ["int32", "int32"] },
  fcntl: { return: "int32", arguments: ["int32", "int32", "int64"] },
  ioctl: { return: "int32", arguments: ["int32", "uint64", "pointer"] },
  memfd_create: { return: "int32", arguments: ["string", "uint32"] },
  umask: { return: "uint32", arguments: ["uint32"] },
  // Mounts and namespaces
  mount: { return: "int32", arguments: ["string", "string", "string", "uint64", "string"] },
  umount2: { return: "int32", arguments: ["string", "int32"] },
  unshare: { return: "int32", arguments: ["int32"] },
  setns: { return: "int32", arguments: ["int32", "int32"] },
  sethostname: { return: "int32", arguments: ["string", "uint64"] },
  // Processes
  gettid: { return: "int32", arguments: [] },
  kill: { return: "int32", arguments: ["int32", "int32"] },
  prctl: { return: "int32", arguments: ["int32", "uint64", "uint64", "uint64", "uint64"] },
  sched_getaffinity: { return: "int32", arguments: ["int32", "uint64", "pointer"] },
  sysinfo: { return: "int32", arguments: ["pointer"] },
  // Sockets
  socket: { return: "int32", arguments: ["int32", "int32", "int32"] },
  bind: { return: "int32", arguments: ["int32", "pointer", "uint32"] },
  connect: { return: "int32", arguments: ["int32", "pointer", "uint32"] },
  accept4: { return: "int32", arguments: ["int32", "pointer", "pointer", "int32"] },
  listen: { return: "int32", arguments: ["int32", "int32"] },
  getsockname: { return: "int32", arguments: ["int32", "pointer", "pointer"] },
  setsockopt: { return: "int32", arguments: ["int32", "int32", "int32", "pointer", "uint32"] },
  getsockopt: { return: "int32", arguments: ["int32", "int32", "int32", "pointer", "pointer"] },
  send: { return: "int64", arguments: ["int32", "pointer", "uint64", "int32"] },
  recv: { return: "int64", arguments: ["int32", "pointer", "uint64", "int32"] },
  sendto: { return: "int64", arguments: ["int32", "pointer", "uint64", "int32", "pointer", "uint32"] },
  recvfrom: { return: "int64", arguments: ["int32", "pointer", "uint64", "int32", "pointer", "pointer"] },
  recvmsg: { return: "int64", arguments: ["int32", "pointer", "int32"] },
  poll: { return: "int32", arguments: ["pointer", "uint64", "int32"] },
  // Memory
  malloc_trim: { return: "int32", arguments: ["uint64"] },
  // Everything that has no wrapper in the oldest C library we run on (glibc 2.36)
  syscall: {
    return: "int64",
    arguments: ["int64", "int64", "pointer", "pointer", "int64", "int64", "int64"],
  },
  __errno_location: { return: "pointer", arguments: [] },
}).functions

// errno lives at a fixed address per thread, and each Worker loads this module for itself.
const errnoAddress = libc.__errno_location()

/** The error number of the call made last on this thread. Only meaningful right after a call that failed. */
export function errno(): number {
  return getInt32(errnoAddress, 0)
}

/** Returns `result`, or throws what went wrong when it is -1. To be called with nothing between it and the call itself. */
export function check(syscall: string, result: number, detail?: string): number
export function check(syscall: string, result: bigint, detail?: string): bigint
export function check(syscall: string, result: number | bigint, detail?: string): number | bigint {
  // Compared loosely on purpose: 64-bit results are bigints.
  if (Number(result) === -1) throw new SystemError(syscall, errno(), detail)
  return result
}
