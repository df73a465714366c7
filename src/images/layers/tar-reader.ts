import { ImageError } from "../images.ts"

/** What one member of a tar archive is. */
export type TarType = "file" | "hardlink" | "symlink" | "char" | "block" | "directory" | "fifo"

export interface TarEntry {
  readonly name: string
  readonly type: TarType
  /** Permission bits including setuid, setgid and sticky. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Seconds since the epoch, with fraction. */
  readonly mtime: number
  readonly size: number
  /** Target of a link, "" otherwise. */
  readonly linkname: string
  readonly major: number
  readonly minor: number
  /** Extended attributes (`SCHILY.xattr.` records), binary values. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>
}

/** Receives the members in order; `data` is called only for files with content. Everything is synchronous. */
export interface TarSink {
  entry(entry: TarEntry): void
  /** The bytes are only valid during the call. */
  data(bytes: Uint8Array): void
  /** The member is complete. */
  end(): void
}

const BLOCK = 512
const EXTENDED_BYTES_MAX = 4 * 1024 * 1024 // Long names and PAX records are small; anything else is an attack.
const XATTR_PREFIX = "SCHILY.xattr."
const TYPES = new Map<string, TarType>([
  ["0", "file"],
  ["\0", "file"],
  ["7", "file"],
  ["1", "hardlink"],
  ["2", "symlink"],
  ["3", "char"],
  ["4", "block"],
  ["5", "directory"],
  ["6", "fifo"],
])

/**
 * Reads a tar stream that is pushed into it in pieces of any size: ustar, PAX and GNU long names, base-256 numbers.
 * Written for layers: values of extended attributes stay binary, and a member costs no asynchronous step.
 */
export class TarReader {
  readonly #sink: TarSink
  readonly #header = Buffer.alloc(BLOCK)
  #filled = 0
  /** Bytes of content still to come, then bytes of padding. */
  #content = 0
  #padding = 0
  #deliver: "sink" | "extended" | "skip" = "skip"
  #extended: Buffer[] = []
  #extendedType = ""
  #pax = new Map<string, Buffer>()
  #globalPax = new Map<string, Buffer>()
  #longName: string | null = null
  #longLink: string | null = null
  #zeroBlocks = 0

  constructor(sink: TarSink) {
    this.#sink = sink
  }

  /** Takes the next bytes of the archive. Throws `ImageError` InvalidImage for what is not tar. */
  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#content > 0) {
        const take = Math.min(this.#content, chunk.length - at)
        const bytes = chunk.subarray(at, at + take)
        if (this.#deliver === "sink") this.#sink.data(bytes)
        else if (this.#deliver === "extended") this.#extended.push(Buffer.from(bytes))
        this.#content -= take
        at += take
        if (this.#content === 0) this.#finish()
      } else if (this.#padding > 0) {
        const take = Math.min(this.#padding, chunk.length - at)
        this.#padding -= take
        at += take
      } else {
        const take = Math.min(BLOCK - this.#filled, chunk.length - at)
        this.#header.set(chunk.subarray(at, at + take), this.#filled)
        this.#filled += take
        at += take
        if (this.#filled === BLOCK) {
          this.#filled = 0
          this.#block()
        }
      }
    }
  }

  /** To be called when the archive has ended. Throws when it ended within a member. */
  finish(): void {
    // An archive without the two zero blocks at its end is common and harmless.
    if (this.#content > 0 || this.#padding > 0 || this.#filled > 0)
      throw invalid("the archive ends in the middle of a member")
  }

  #block(): void {
    if (this.#zeroBlocks >= 2) return // What follows the end is padding to the record size.
    const header = this.#header
    if (header[0] === 0 && header.every((byte) => byte === 0)) {
      this.#zeroBlocks++
      return
    }
    this.#zeroBlocks = 0
    checkSum(header)
    const type = String.fromCharCode(header[156] ?? 0)
    if (type === "x" || type === "g" || type === "L" || type === "K") {
      const size = number(header, 124, 12)
      if (size > EXTENDED_BYTES_MAX) throw invalid(`an extended header of ${size} bytes is too large`)
      this.#begin(size, "extended")
      this.#extendedType = type
      this.#extended = []
      if (size === 0) this.#finish()
      return
    }
    this.#member(header, type)
  }

  #member(header: Buffer, flag: string): void {
    const pax = this.#pax
    const record = (key: string) => (pax.get(key) ?? this.#globalPax.get(key))?.toString("utf8")
    const numeric = (key: string, offset: number, length: number) => {
      const text = record(key)
      return text === undefined ? number(header, offset, length) : Number(text)
    }
    const name = record("path") ?? this.#longName ?? ustarName(header)
    let type = TYPES.get(flag)
    if (flag === "S" || record("GNU.sparse.major") !== undefined || record("GNU.sparse.map") !== undefined) {
      throw invalid(`member ${JSON.stringify(name)} is a GNU sparse file, which image layers do not use`)
    }
    // Before POSIX, a directory was a file whose name ends in a slash.
    if (type === "file" && name.endsWith("/")) type = "directory"
    const size = numeric("size", 124, 12)
    const mtime = numeric("mtime", 136, 12)
    if (!Number.isSafeInteger(size) || size < 0) throw invalid(`member ${JSON.stringify(name)} has an impossible size`)
    const entry: TarEntry = {
      name,
      type: type ?? "file",
      mode: number(header, 100, 8) & 0o7777,
      uid: numeric("uid", 108, 8),
      gid: numeric("gid", 116, 8),
      mtime: Number.isFinite(mtime) ? mtime : 0,
      size: type === "file" || type === undefined ? size : 0,
      linkname: record("linkpath") ?? this.#longLink ?? cString(header, 157, 100),
      major: type === "char" || type === "block" ? number(header, 329, 8) : 0,
      minor: type === "char" || type === "block" ? number(header, 337, 8) : 0,
      xattrs: xattrsOf(this.#globalPax, pax),
    }
    if (![entry.uid, entry.gid].every((id) => Number.isInteger(id) && id >= 0 && id < 2 ** 32)) {
      throw invalid(`member ${JSON.stringify(name)} has an impossible owner ${entry.uid}:${entry.gid}`)
    }
    this.#pax = new Map()
    this.#longName = null
    this.#longLink = null
    // Types that we do not know are skipped, as tar does.
    this.#begin(type === undefined || type === "file" ? size : 0, type === undefined ? "skip" : "sink")
    if (type !== undefined) this.#sink.entry(entry)
    if (this.#content === 0) this.#finish()
  }

  #begin(size: number, deliver: "sink" | "extended" | "skip"): void {
    this.#content = size
    this.#padding = (BLOCK - (size % BLOCK)) % BLOCK
    this.#deliver = deliver
  }

  #finish(): void {
    if (this.#deliver === "sink") this.#sink.end()
    if (this.#deliver !== "extended") return
    const bytes = Buffer.concat(this.#extended)
    this.#extended = []
    if (this.#extendedType === "L") this.#longName = cString(bytes, 0, bytes.length)
    else if (this.#extendedType === "K") this.#longLink = cString(bytes, 0, bytes.length)
    else if (this.#extendedType === "x") this.#pax = parsePax(bytes)
    else for (const [key, value] of parsePax(bytes)) this.#globalPax.set(key, value)
  }
}

function parsePax(bytes: Buffer): Map<string, Buffer> {
  const records = new Map<string, Buffer>()
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const length = space < 0 ? Number.NaN : Number(bytes.toString("latin1", at, space))
    const end = at + length
    const equals = bytes.indexOf(0x3d, space)
    if (!Number.isInteger(length) || length <= 0 || end > bytes.length || equals < 0 || equals >= end) {
      throw invalid("a PAX header is malformed")
    }
    records.set(bytes.toString("utf8", space + 1, equals), bytes.subarray(equals + 1, end - 1))
    at = end
  }
  return records
}

function xattrsOf(...maps: readonly ReadonlyMap<string, Buffer>[]): Map<string, Uint8Array> {
  const xattrs = new Map<string, Uint8Array>()
  for (const map of maps) {
    for (const [key, value] of map) if (key.startsWith(XATTR_PREFIX)) xattrs.set(key.slice(XATTR_PREFIX.length), value)
  }
  return xattrs
}

function ustarName(header: Buffer): string {
  const name = cString(header, 0, 100)
  const isPosix = header.toString("latin1", 257, 263) === "ustar\0"
  const prefix = isPosix ? cString(header, 345, 155) : ""
  return prefix === "" ? name : `${prefix}/${name}`
}

function cString(bytes: Buffer, offset: number, length: number): string {
  const end = bytes.indexOf(0, offset)
  return bytes.toString("utf8", offset, end < 0 || end > offset + length ? offset + length : end)
}

function number(header: Buffer, offset: number, length: number): number {
  const first = header[offset] ?? 0
  if ((first & 0x80) !== 0) {
    // Base 256, big-endian, two's complement: GNU's form for what does not fit in octal.
    let value = first & 0x40 ? BigInt(first | ~0xff) : BigInt(first & 0x7f)
    for (let i = 1; i < length; i++) value = (value << 8n) | BigInt(header[offset + i] ?? 0)
    return Number(value)
  }
  const text = header
    .toString("latin1", offset, offset + length)
    .replace(/[\0 ]+$/, "")
    .trim()
  if (text === "") return 0
  if (!/^[0-7]+$/.test(text)) throw invalid(`${JSON.stringify(text)} is not an octal number`)
  return Number.parseInt(text, 8)
}

function checkSum(header: Buffer): void {
  let unsigned = 0
  let signed = 0
  for (let i = 0; i < BLOCK; i++) {
    const byte = i >= 148 && i < 156 ? 0x20 : (header[i] ?? 0)
    unsigned += byte
    signed += byte > 127 ? byte - 256 : byte
  }
  const stored = number(header, 148, 8)
  if (stored !== unsigned && stored !== signed)
    throw invalid("a header has a wrong checksum; this is not a tar archive")
}

function invalid(reason: string): ImageError {
  return new ImageError("InvalidImage", `invalid tar: ${reason}`)
}
