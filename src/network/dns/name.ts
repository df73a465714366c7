/**
 * Domain names on the wire and as text (https://www.rfc-editor.org/rfc/rfc1035#section-3.1). As text: lower case, labels
 * joined by dots, no dot at the end; the root is empty.
 */

const LABEL_BYTES_MAX = 63
const NAME_BYTES_MAX = 255
const POINTER = 0xc0
/** Every pointer leads backwards; a message of this many hops for one name is an attack. */
const POINTER_HOPS_MAX = 32

export interface DecodedName {
  readonly name: string
  /** Where the name ends in the message. */
  readonly end: number
}

/** Throws `RangeError` when the bytes are no name. */
export function decodeName(message: Buffer, start: number): DecodedName {
  const labels: string[] = []
  let [at, end, hops, bytes] = [start, -1, 0, 1]
  for (;;) {
    const length = message.readUInt8(at)
    if (length === 0) return { name: labels.join("."), end: end === -1 ? at + 1 : end }
    if ((length & POINTER) === POINTER) {
      const target = message.readUInt16BE(at) & 0x3fff
      if (end === -1) end = at + 2
      if (target >= at || ++hops > POINTER_HOPS_MAX) throw new RangeError("dns: a name points forwards or in circles")
      at = target
      continue
    }
    bytes += length + 1
    if (length > LABEL_BYTES_MAX || bytes > NAME_BYTES_MAX || at + 1 + length > message.length) {
      throw new RangeError("dns: a name is too long")
    }
    // A dot inside a label must not look like one between labels.
    labels.push(message.toString("latin1", at + 1, at + 1 + length).replaceAll(".", "\\."))
    at += 1 + length
    labels[labels.length - 1] = lowerCase(labels.at(-1) ?? "")
  }
}

/** ASCII only: the other bytes of a name have no case. */
function lowerCase(label: string): string {
  return label.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** Writes names, each suffix at most once: later names point back to it. */
export class NameWriter {
  readonly #offsets = new Map<string, number>()

  /** `at`: where the bytes will stand in the message. `compress`: false for names that must stand in full (SRV targets). */
  encode(name: string, at: number, compress = true): Buffer {
    const parts: Buffer[] = []
    let rest = name
    let offset = at
    while (rest !== "") {
      const known = compress ? this.#offsets.get(rest) : undefined
      if (known !== undefined) {
        parts.push(Buffer.from([POINTER | (known >> 8), known & 0xff]))
        return Buffer.concat(parts)
      }
      // Pointers have 14 bits.
      if (offset < 0x4000 && !this.#offsets.has(rest)) this.#offsets.set(rest, offset)
      const dot = rest.indexOf(".")
      const label = Buffer.from(dot === -1 ? rest : rest.slice(0, dot), "latin1")
      if (label.length === 0 || label.length > LABEL_BYTES_MAX)
        throw new RangeError(`dns: found label of ${label.length} bytes in ${name}`)
      parts.push(Buffer.from([label.length]), label)
      offset += 1 + label.length
      rest = dot === -1 ? "" : rest.slice(dot + 1)
    }
    parts.push(Buffer.from([0]))
    return Buffer.concat(parts)
  }

  /** Tells of a name that stands in the message already. */
  remember(name: string, at: number): void {
    let [rest, offset] = [name, at]
    while (rest !== "") {
      this.#offsets.set(rest, offset)
      const dot = rest.indexOf(".")
      if (dot === -1) return
      offset += 1 + dot
      rest = rest.slice(dot + 1)
    }
  }
}

/** Is `name` the domain or below it? */
export function isWithin(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`)
}
