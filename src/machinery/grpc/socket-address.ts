import { closeSync, constants, openSync } from "node:fs"
import { basename, dirname } from "node:path"

/** What the kernel takes for the path of a Unix socket, in bytes. */
const PATH_BYTES_MAX = 107

export interface SocketAddress {
  /** A path that the kernel takes. Of this process only. */
  readonly path: string
  /** The path is of no use after this. */
  release(): void
}

/**
 * Where to connect to a socket. The folders of a node are deep, and plugins put uids into the names of their sockets: what
 * is too long for the kernel is reached through its folder.
 */
export function socketAddress(path: string): SocketAddress {
  if (Buffer.byteLength(path) <= PATH_BYTES_MAX) return { path, release: () => undefined }
  let folder: number | undefined
  try {
    folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY)
  } catch {
    // Nobody can listen there: connecting says so.
    return { path, release: () => undefined }
  }
  return {
    path: `/proc/self/fd/${folder}/${basename(path)}`,
    release() {
      if (folder !== undefined) closeSync(folder)
      folder = undefined
    },
  }
}
