import { closeSync, writeSync } from "node:fs"
import { check, libc } from "./libc.ts"

// linux/memfd.h, linux/fcntl.h
const MFD_CLOEXEC = 1
const MFD_ALLOW_SEALING = 2
const F_ADD_SEALS = 1033
const F_SEAL_ALL = 1n | 2n | 4n | 8n

/**
 * Puts bytes into a file in memory that nobody can change any more. A child reads it as `/proc/self/fd/N` when handed
 * the descriptor, which the caller closes: nothing secret touches a disk. `name` is only seen in /proc.
 */
export function createSealedMemfd(name: string, bytes: Uint8Array): number {
  const fd = check("memfd_create", libc.memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), name)
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, at)
    check("fcntl", libc.fcntl(fd, F_ADD_SEALS, F_SEAL_ALL), name)
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
}
