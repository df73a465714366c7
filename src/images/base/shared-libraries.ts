import { closeSync, openSync, readSync } from "node:fs"
import type { Platform } from "../../platform/platform.ts"

const HEADER_BYTES = 64
const PT_INTERP = 3
const PATH_BYTES_MAX = 4096

/** The dynamic linker that an ELF program asks for, or null when it is statically linked. https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html */
export function programInterpreter(program: string): string | null {
  const fd = openSync(program, "r")
  try {
    const header = readAt(fd, 0, HEADER_BYTES)
    if (header.toString("latin1", 0, 4) !== "\u007fELF" || header[4] !== 2 || header[5] !== 1) {
      throw new Error(`${program} is not a 64-bit little-endian ELF program`)
    }
    const offset = Number(header.readBigUInt64LE(32))
    const [size, count] = [header.readUInt16LE(54), header.readUInt16LE(56)]
    for (let i = 0; i < count; i++) {
      const entry = readAt(fd, offset + i * size, size)
      if (entry.readUInt32LE(0) !== PT_INTERP) continue
      const length = Math.min(Number(entry.readBigUInt64LE(32)), PATH_BYTES_MAX)
      return readAt(fd, Number(entry.readBigUInt64LE(8)), length)
        .toString("utf8")
        .replace(/\0.*$/s, "")
    }
    return null
  } finally {
    closeSync(fd)
  }
}

/** The files that a program needs to start: its dynamic linker, and the libraries as that linker finds them. */
export async function sharedLibraries(program: string, platform: Platform): Promise<string[]> {
  const interpreter = programInterpreter(program)
  if (interpreter === null) return []
  const { code, stdout, stderr } = await platform.processes.run(interpreter, ["--list", program])
  if (code !== 0) throw new Error(`${interpreter} --list ${program} failed: ${stderr.trim()}`)
  const missing = /^\s*(\S+) => not found/m.exec(stdout)?.[1]
  if (missing !== undefined) throw new Error(`${program} needs ${missing}, which is not on this machine`)
  const found = [...stdout.matchAll(/(?:=>|^)\s*(\/\S+)\s+\(0x[0-9a-f]+\)/gm)].map(([, path = ""]) => path)
  return [...new Set([interpreter, ...found])]
}

/** Our base images have, as distributions do, /lib and the like as links to folders below /usr. */
const MERGED_USR = /^\/(?=(?:bin|sbin|lib|lib64)\/)/

/** Where a library stands in a base image, without leading slash. */
export function placeInImage(library: string): string {
  return library.replace(MERGED_USR, "/usr/").slice(1)
}

function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  readSync(fd, bytes, 0, length, position)
  return bytes
}
