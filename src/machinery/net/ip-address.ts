import { quote } from "../field/quote.ts"

/**
 * IP addresses and prefixes as Go's `net/netip` reads them: no leading zeros in IPv4, zones allowed on IPv6, and errors
 * that say where the text went wrong. https://pkg.go.dev/net/netip
 */
export interface IpAddress {
  /** 4 of IPv4, 16 of IPv6, in network order. */
  readonly bytes: readonly number[]
  /** Empty without. */
  readonly zone: string
}

export interface IpPrefix {
  readonly address: IpAddress
  readonly bits: number
}

export class IpAddressError extends Error {
  constructor(message: string) {
    super(message)
    this.name = "IpAddressError"
  }
}

/** Throws `IpAddressError`. */
export function parseIpAddress(text: string): IpAddress {
  const [first] = /[.:%]/.exec(text) ?? []
  if (first === ".") return { bytes: parseIpv4(text, text), zone: "" }
  if (first === ":") return parseIpv6(text)
  throw problem(text, first === "%" ? "missing IPv6 address" : "unable to parse IP")
}

function problem(text: string, message: string, at = ""): IpAddressError {
  return new IpAddressError(`ParseAddr(${quote(text)}): ${message}${at === "" ? "" : ` (at ${quote(at)})`}`)
}

/** `text` is the whole, named in errors; `part` the dotted address in it. */
function parseIpv4(text: string, part: string): number[] {
  const bytes: number[] = []
  let digits = ""
  for (let i = 0; i < part.length; i++) {
    const character = part[i] ?? ""
    if (character >= "0" && character <= "9") {
      if (digits === "0") throw problem(text, "IPv4 field has octet with leading zero")
      digits += character
      if (Number(digits) > 255) throw problem(text, "IPv4 field has value >255")
    } else if (character === ".") {
      if (digits === "" || i === part.length - 1) {
        throw problem(text, "IPv4 field must have at least one digit", part.slice(i))
      }
      if (bytes.length === 3) throw problem(text, "IPv4 address too long")
      bytes.push(Number(digits))
      digits = ""
    } else {
      throw problem(text, "unexpected character", part.slice(i))
    }
  }
  if (bytes.length < 3) throw problem(text, "IPv4 address too short")
  return [...bytes, Number(digits)]
}

const GROUP = /^[0-9A-Fa-f]*/

function parseIpv6(text: string): IpAddress {
  const percent = text.indexOf("%")
  const zone = percent < 0 ? "" : text.slice(percent + 1)
  if (percent >= 0 && zone === "") throw problem(text, "zone must be a non-empty string")
  let rest = percent < 0 ? text : text.slice(0, percent)
  const bytes: number[] = []
  let gap = -1
  if (rest.startsWith("::")) {
    gap = 0
    rest = rest.slice(2)
  }
  while (rest !== "" && bytes.length < 16) {
    const [digits = ""] = GROUP.exec(rest) ?? []
    if (digits.length > 4) throw problem(text, "each group must have 4 or less digits", rest)
    if (digits === "") throw problem(text, "each colon-separated field must have at least one digit", rest)
    if (rest[digits.length] === ".") {
      checkPlaceOfIpv4(text, rest, bytes.length, gap)
      bytes.push(...parseIpv4(text, rest))
      rest = ""
      break
    }
    const group = Number.parseInt(digits, 16)
    bytes.push(group >> 8, group & 0xff)
    rest = rest.slice(digits.length)
    if (rest === "") break
    if (!rest.startsWith(":")) throw problem(text, "unexpected character, want colon", rest)
    if (rest === ":") throw problem(text, "colon must be followed by more characters", rest)
    rest = rest.slice(1)
    if (!rest.startsWith(":")) continue
    if (gap >= 0) throw problem(text, "multiple :: in address", rest)
    gap = bytes.length
    rest = rest.slice(1)
  }
  if (rest !== "") throw problem(text, "trailing garbage after address", rest)
  return { bytes: fillGap(text, bytes, gap), zone }
}

function checkPlaceOfIpv4(text: string, rest: string, bytesBefore: number, gap: number): void {
  if (gap < 0 && bytesBefore !== 12) {
    throw problem(text, "embedded IPv4 address must replace the final 2 fields of the address", rest)
  }
  if (bytesBefore > 12) {
    throw problem(text, "too many hex fields to fit an embedded IPv4 at the end of the address", rest)
  }
}

function fillGap(text: string, bytes: readonly number[], gap: number): readonly number[] {
  const missing = 16 - bytes.length
  if (missing > 0 && gap < 0) throw problem(text, "address string too short")
  if (missing === 0 && gap >= 0) throw problem(text, "the :: must expand to at least one field of zeros")
  return missing === 0 ? bytes : bytes.toSpliced(gap, 0, ...Array<number>(missing).fill(0))
}

/** Throws `IpAddressError`. Bits beyond the prefix are kept. */
export function parseIpPrefix(text: string): IpPrefix {
  const refuse = (message: string) => new IpAddressError(`netip.ParsePrefix(${quote(text)}): ${message}`)
  const slash = text.lastIndexOf("/")
  if (slash < 0) throw refuse("no '/'")
  const address = parseWithin(text.slice(0, slash), refuse)
  if (address.zone !== "") throw refuse("IPv6 zones cannot be present in a prefix")
  const length = text.slice(slash + 1)
  if (!/^([1-9][0-9]*|[0-9])$/.test(length) || BigInt(length) > 0x7fffffffffffffffn) {
    throw refuse(`bad bits after slash: ${quote(length)}`)
  }
  if (Number(length) > address.bytes.length * 8) throw refuse("prefix length out of range")
  return { address, bits: Number(length) }
}

function parseWithin(text: string, refuse: (message: string) => IpAddressError): IpAddress {
  try {
    return parseIpAddress(text)
  } catch (error) {
    throw error instanceof IpAddressError ? refuse(error.message) : error
  }
}

/** The prefix with all bits beyond its length cleared. */
export function maskPrefix({ address, bits }: IpPrefix): IpPrefix {
  const bytes = address.bytes.map((byte, i) => byte & (0xff << Math.max(0, Math.min(8, 8 - (bits - i * 8)))))
  return { address: { bytes, zone: "" }, bits }
}

/** Whether the first `bits` of both are the same. False for addresses of different families. */
export function sharesPrefix(left: IpAddress, right: IpAddress, bits: number): boolean {
  if (left.bytes.length !== right.bytes.length) return false
  const [a, b] = [maskPrefix({ address: left, bits }), maskPrefix({ address: right, bits })]
  return a.address.bytes.every((byte, i) => byte === b.address.bytes[i])
}

/** An IPv4 address in the form of an IPv6 one: `::ffff:1.2.3.4`. */
export function isIpv4Mapped({ bytes }: IpAddress): boolean {
  return bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
}
