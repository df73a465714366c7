import { isIPv4, isIPv6 } from "node:net"

/** The 4 or 16 bytes of an address. Throws when the text is none. */
export function addressToBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split(".").map(Number))
  if (isIPv6(address)) return ipv6ToBytes(address)
  throw new TypeError(`found "${address}", expected an IPv4 or IPv6 address`)
}

/** The address in its canonical text (RFC 5952). */
export function addressFromBytes(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".")
  if (bytes.length !== 16) throw new RangeError(`found an address of ${bytes.length} bytes, expected 4 or 16`)
  const view = Buffer.from(bytes)
  const words = Array.from({ length: 8 }, (_, index) => view.readUInt16BE(index * 2).toString(16))
  const run = longestZeroRun(words)
  if (run.length < 2) return words.join(":")
  return `${words.slice(0, run.start).join(":")}::${words.slice(run.start + run.length).join(":")}`
}

/** The 6 bytes of a hardware address such as `0a:58:0a:f4:00:01`. */
export function macToBytes(mac: string): Buffer {
  if (!/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/.test(mac)) {
    throw new TypeError(`found "${mac}", expected a hardware address such as 0a:58:0a:f4:00:01`)
  }
  return Buffer.from(mac.replaceAll(":", ""), "hex")
}

export function macFromBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":")
}

function ipv6ToBytes(address: string): Buffer {
  const plain = address.replace(/%.*$/, "").replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...octets) => {
    const [a = 0, b = 0, c = 0, d = 0] = octets.slice(0, 4).map(Number)
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  })
  const [head = "", tail] = plain.split("::")
  const before = head === "" ? [] : head.split(":")
  const after = tail === undefined || tail === "" ? [] : tail.split(":")
  const words = [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after]
  const bytes = Buffer.alloc(16)
  words.forEach((word, index) => {
    bytes.writeUInt16BE(Number.parseInt(word, 16), index * 2)
  })
  return bytes
}

function longestZeroRun(words: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < words.length; start++) {
    let length = 0
    while (words[start + length] === "0") length++
    if (length > best.length) best = { start, length }
  }
  return best
}
