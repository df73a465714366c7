import { closeSync, constants } from "node:fs"
import { basename, dirname } from "node:path"
import { openFile, openFlags } from "./open.ts"

// sys/socket.h, sys/un.h
export const AF_UNIX = 1
const SUN_PATH_BYTES = 108

/** Calls `use` with the kernel's form of a Unix socket's path, which may be longer than such an address allows. */
export function withUnixAddress<T>(path: string, use: (address: Buffer) => T): T {
  const folder = openFile(dirname(path), openFlags.O_PATH | constants.O_DIRECTORY)
  try {
    return use(encodeUnixAddress(`/proc/self/fd/${folder}/${basename(path)}`))
  } finally {
    closeSync(folder)
  }
}

function encodeUnixAddress(path: string): Buffer {
  const bytes = Buffer.from(path)
  if (bytes.length >= SUN_PATH_BYTES) throw new RangeError(`socket path ${path} is longer than 107 bytes`)
  const address = Buffer.alloc(2 + bytes.length + 1)
  address.writeUInt16LE(AF_UNIX, 0)
  address.set(bytes, 2)
  return address
}
