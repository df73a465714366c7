import type { TarEntry, TarType } from "./tar-reader.ts"

const BLOCK = 512
const OCTAL_SIZE_MAX = 0o77777777777
const FLAGS: Readonly<Record<TarType, string>> = {
  file: "0",
  hardlink: "1",
  symlink: "2",
  char: "3",
  block: "4",
  directory: "5",
  fifo: "6",
}

/** What a writer must say about a member; the rest has the obvious default. */
export type TarMember = Pick<TarEntry, "name" | "type"> & Partial<TarEntry>

/**
 * The header blocks of a member: ustar, with a PAX header before it only where ustar cannot say it. The same member
 * always gives the same bytes. After it come `size` bytes of content and `tarPadding(size)` zeros.
 */
export function tarHeader(member: TarMember): Buffer {
  const { name, linkname = "", size = 0, uid = 0, gid = 0, mtime = 0, xattrs } = member
  const pax: [string, Uint8Array | string][] = []
  const nameBytes = Buffer.from(name)
  const split = splitName(nameBytes)
  if (!split || !isAscii(name)) pax.push(["path", name])
  if (Buffer.byteLength(linkname) > 100 || !isAscii(linkname)) pax.push(["linkpath", linkname])
  if (size > OCTAL_SIZE_MAX) pax.push(["size", String(size)])
  if (uid > 0o7777777) pax.push(["uid", String(uid)])
  if (gid > 0o7777777) pax.push(["gid", String(gid)])
  if (mtime < 0 || mtime > OCTAL_SIZE_MAX || !Number.isInteger(mtime)) pax.push(["mtime", formatTime(mtime)])
  for (const [key, value] of [...(xattrs ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    pax.push([`SCHILY.xattr.${key}`, value])
  }
  const main = ustar(member, split ?? { prefix: Buffer.alloc(0), name: nameBytes.subarray(0, 100) })
  return pax.length === 0 ? main : Buffer.concat([paxHeader(pax), main])
}

/** How many zeros follow content of `size` bytes. */
export function tarPadding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK
}

/** What ends an archive: two empty blocks. */
export const TAR_END: Buffer = Buffer.alloc(2 * BLOCK)

function ustar(member: TarMember, split: { prefix: Buffer; name: Buffer }): Buffer {
  const block = Buffer.alloc(BLOCK)
  const { mode = member.type === "directory" ? 0o755 : 0o644, uid = 0, gid = 0, size = 0, mtime = 0 } = member
  split.name.copy(block, 0)
  octal(block, 100, 8, mode & 0o7777)
  octal(block, 108, 8, Math.min(uid, 0o7777777))
  octal(block, 116, 8, Math.min(gid, 0o7777777))
  octal(block, 124, 12, Math.min(size, OCTAL_SIZE_MAX))
  octal(block, 136, 12, Math.min(Math.max(Math.floor(mtime), 0), OCTAL_SIZE_MAX))
  block.write(FLAGS[member.type], 156, "latin1")
  Buffer.from(member.linkname ?? "")
    .subarray(0, 100)
    .copy(block, 157)
  block.write("ustar\x0000", 257, "latin1")
  if (member.type === "char" || member.type === "block") {
    octal(block, 329, 8, member.major ?? 0)
    octal(block, 337, 8, member.minor ?? 0)
  }
  split.prefix.copy(block, 345)
  block.fill(0x20, 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1")
  return block
}

function paxHeader(records: readonly (readonly [string, Uint8Array | string])[]): Buffer {
  const body = Buffer.concat(
    records.map(([key, value]) => {
      const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from("\n")])
      // The length counts its own digits.
      let length = rest.length + String(rest.length).length
      if (String(length).length !== String(rest.length).length) length = rest.length + String(length).length
      return Buffer.concat([Buffer.from(String(length)), rest])
    }),
  )
  const header = ustar(
    { name: "", type: "file", size: body.length, mode: 0o644 },
    { prefix: Buffer.alloc(0), name: Buffer.from("PaxHeaders/entry") },
  )
  header.write("x", 156, "latin1")
  header.fill(0x20, 148, 156)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1")
  return Buffer.concat([header, body, Buffer.alloc(tarPadding(body.length))])
}

function splitName(name: Buffer): { prefix: Buffer; name: Buffer } | null {
  if (name.length <= 100) return { prefix: Buffer.alloc(0), name }
  for (let at = Math.min(name.length - 2, 155); at >= name.length - 101 && at > 0; at--) {
    if (name[at] === 0x2f) return { prefix: name.subarray(0, at), name: name.subarray(at + 1) }
  }
  return null
}

function octal(block: Buffer, offset: number, length: number, value: number): void {
  block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, offset, "latin1")
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 126) return false
  return true
}

function formatTime(seconds: number): string {
  return seconds.toFixed(6).replace(/\.?0+$/, "")
}
