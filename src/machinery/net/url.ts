import { quote } from "../field/quote.ts"
import { IpAddressError, parseIpAddress } from "./ip-address.ts"

/**
 * A URL as Go's `net/url` reads it, which is the reading that Kubernetes' CEL functions and formats share. It differs from
 * the WHATWG reading in what it accepts, and it normalises nothing. https://pkg.go.dev/net/url
 */
export interface Url {
  /** Lower case; empty for a path alone. */
  readonly scheme: string
  /** With port, and with brackets around an IPv6 address. */
  readonly host: string
  readonly escapedPath: string
  readonly rawQuery: string
  /** The URL as one text, the same for all spellings that mean the same. */
  readonly text: string
}

/** The message is the one Go gives. */
export class UrlError extends Error {
  constructor(message: string) {
    super(message)
    this.name = "UrlError"
  }
}

const UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
const IN_PATH = new Set(`${UNRESERVED}$&+,/:;=@`)
const IN_USER = new Set(`${UNRESERVED}$&+,;=`)
const IN_HOST = new Set(`${UNRESERVED}!"$&'()*+,:;<=>[]`)
const IN_FRAGMENT = new Set(`${UNRESERVED}!$&()*+,/:;=?@`)
/** May stand in paths and fragments as they are, although some are escaped by default. */
const KEPT = new Set("!$&'()*+,;=:@[]%")
const USER = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/
const HEX_PAIR = /^[0-9A-Fa-f]{2}$/
const PORT = /^(:[0-9]*)?$/

/** Throws `UrlError` unless the text is an absolute URI or an absolute path. */
export function checkRequestUri(raw: string): void {
  named(raw, () => parse(toBytes(raw), true))
}

/** Reads an absolute URI or an absolute path, with its fragment. Throws `UrlError`. */
export function parseUrl(raw: string): Url {
  // The stricter check takes the fragment for a part of the path or query; Kubernetes makes it all the same.
  checkRequestUri(raw)
  const hash = raw.indexOf("#")
  const before = hash < 0 ? raw : raw.slice(0, hash)
  const parts = named(before, () => parse(toBytes(before), false))
  const fragment = hash < 0 ? "" : named(raw, () => escapeFragment(toBytes(raw.slice(hash + 1))))
  return assemble(parts, fragment)
}

class Problem extends Error {}

function named<T>(raw: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    throw new UrlError(`parse ${quote(raw)}: ${error.message}`)
  }
}

/** Escapes are of bytes, so the work is done on texts of which each character is one byte of UTF-8. */
const toBytes = (text: string) => Buffer.from(text, "utf8").toString("latin1")
const toText = (bytes: string) => Buffer.from(bytes, "latin1").toString("utf8")

interface Parts {
  readonly scheme: string
  /** What follows the scheme where that is no path: `user@example.com` of `mailto:user@example.com`. */
  readonly opaque?: string
  /** Escaped. */
  readonly user?: string
  readonly host?: string
  readonly path?: string
  /** Absent without `?`. */
  readonly rawQuery?: string | undefined
}

function parse(raw: string, isRequest: boolean): Parts {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\0-\x1f\x7f]/.test(raw)) throw new Problem("net/url: invalid control character in URL")
  if (raw === "" && isRequest) throw new Problem("empty url")
  if (raw === "*") return { scheme: "", path: raw }
  const [scheme, afterScheme] = splitScheme(raw)
  const question = afterScheme.indexOf("?")
  const before = question < 0 ? afterScheme : afterScheme.slice(0, question)
  const rawQuery = question < 0 ? undefined : afterScheme.slice(question + 1)
  if (!before.startsWith("/")) {
    if (scheme === "") throw new Problem("invalid URI for request")
    return { scheme, opaque: before, rawQuery }
  }
  const mayHaveHost = scheme !== "" || (!isRequest && !before.startsWith("///"))
  if (!mayHaveHost || !before.startsWith("//")) return { scheme, path: checkEscapes(before), rawQuery }
  const slash = before.indexOf("/", 2)
  const authority = slash < 0 ? before.slice(2) : before.slice(2, slash)
  const path = slash < 0 ? "" : before.slice(slash)
  return { scheme, ...parseAuthority(scheme, authority), path: checkEscapes(path), rawQuery }
}

function checkEscapes(path: string): string {
  unescape(path)
  return path
}

function splitScheme(raw: string): readonly [scheme: string, rest: string] {
  const [candidate = ""] = /^[A-Za-z0-9+\-.]*/.exec(raw) ?? []
  if (raw[candidate.length] !== ":" || /^[0-9+\-.]/.test(candidate)) return ["", raw]
  if (candidate === "") throw new Problem("missing protocol scheme")
  return [candidate.toLowerCase(), raw.slice(candidate.length + 1)]
}

function parseAuthority(scheme: string, authority: string): Pick<Parts, "user" | "host"> {
  const at = authority.lastIndexOf("@")
  const host = parseHost(scheme, authority.slice(at + 1))
  if (at < 0) return { host }
  const user = authority.slice(0, at)
  if (!USER.test(user)) throw new Problem("net/url: invalid userinfo")
  const colon = user.indexOf(":")
  const parts = colon < 0 ? [user] : [user.slice(0, colon), user.slice(colon + 1)]
  return { host, user: parts.map((part) => escape(unescape(part), IN_USER)).join(":") }
}

function parseHost(scheme: string, host: string): string {
  const open = host.lastIndexOf("[")
  if (open > 0) throw new Problem("invalid IP-literal")
  if (open === 0) return parseBracketed(host)
  // Elsewhere lists of hosts are common, so there only what follows the last colon is a port.
  const strict = scheme === "http" || scheme === "https"
  const colon = strict ? host.indexOf(":") : host.lastIndexOf(":")
  if (colon >= 0) checkPort(host.slice(colon))
  return unescapeHost(host)
}

function parseBracketed(host: string): string {
  const close = host.lastIndexOf("]")
  if (close < 0) throw new Problem("missing ']' in host")
  const port = host.slice(close + 1)
  checkPort(port)
  const inside = host.slice(1, close)
  const zone = inside.indexOf("%25")
  const address =
    zone < 0 ? unescapeHost(inside) : unescapeHost(inside.slice(0, zone)) + unescapeZone(inside.slice(zone))
  try {
    if (parseIpAddress(toText(address)).bytes.length === 4) throw new Problem("invalid IP-literal")
  } catch (error) {
    if (error instanceof IpAddressError) throw new Problem(`invalid host: ${error.message}`)
    throw error
  }
  return `[${address}]${port}`
}

function checkPort(port: string): void {
  if (!PORT.test(port)) throw new Problem(`invalid port ${quote(toText(port))} after host`)
}

function unescapeHost(text: string): string {
  // In a host, only bytes beyond ASCII may be escaped.
  return unescape(text, (escaped, byte) => byte >= 0x80 || escaped === "%25", IN_HOST)
}

function unescapeZone(text: string): string {
  return unescape(
    text,
    (escaped, byte) => escaped === "%25" || byte === 0x20 || IN_HOST.has(String.fromCharCode(byte)),
    IN_HOST,
  )
}

/** `allowed` tells which characters below 0x80 may stand unescaped. */
function unescape(
  text: string,
  mayEscape: (escaped: string, byte: number) => boolean = () => true,
  allowed?: ReadonlySet<string>,
): string {
  let result = ""
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? ""
    if (character !== "%") {
      if (allowed !== undefined && character < "\x80" && !allowed.has(character)) {
        throw new Problem(`invalid character ${quote(character)} in host name`)
      }
      result += character
      continue
    }
    const escaped = text.slice(i, i + 3)
    const byte = Number.parseInt(escaped.slice(1), 16)
    if (!HEX_PAIR.test(escaped.slice(1)) || !mayEscape(escaped, byte)) {
      throw new Problem(`invalid URL escape ${quote(toText(escaped))}`)
    }
    result += String.fromCharCode(byte)
    i += 2
  }
  return result
}

function escape(bytes: string, allowed: ReadonlySet<string>): string {
  let result = ""
  for (const byte of bytes) {
    result += allowed.has(byte) ? byte : `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`
  }
  return result
}

function assemble({ scheme, opaque = "", user, host, path = "", rawQuery }: Parts, fragment: string): Url {
  const escapedPath = path === "*" ? path : escapeUnlessKept(path, IN_PATH)
  const prefix = scheme === "" ? "" : `${scheme}:`
  const hasAuthority = host !== undefined && (host !== "" || path !== "" || user !== undefined)
  const authority = hasAuthority ? `//${user === undefined ? "" : `${user}@`}${escape(host, IN_HOST)}` : ""
  const query = rawQuery === undefined ? "" : `?${rawQuery}`
  const main = prefix + (opaque === "" ? authority + escapedPath : opaque) + query
  return {
    scheme,
    host: toText(host ?? ""),
    escapedPath: toText(escapedPath),
    rawQuery: toText(rawQuery ?? ""),
    text: toText(fragment === "" ? main : `${main}#${fragment}`),
  }
}

const escapeFragment = (fragment: string) => escapeUnlessKept(fragment, IN_FRAGMENT)

function escapeUnlessKept(part: string, allowed: ReadonlySet<string>): string {
  const plain = unescape(part)
  const canBeKept = [...part].every((character) => allowed.has(character) || KEPT.has(character))
  return canBeKept ? part : escape(plain, allowed)
}

/** The host without port and brackets. */
export function urlHostname(url: Url): string {
  const host = url.host.slice(0, url.host.length - portPart(url.host).length)
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host
}

/** The digits after the host's colon; empty without. */
export function urlPort(url: Url): string {
  return portPart(url.host).slice(1)
}

function portPart(host: string): string {
  const colon = host.lastIndexOf(":")
  return colon >= 0 && PORT.test(host.slice(colon)) ? host.slice(colon) : ""
}

const QUERY_PARAMETERS_MAX = 10_000

/** The query's values by name, unescaped. What is malformed is left out. */
export function urlQuery(url: Url): Map<string, string[]> {
  const values = new Map<string, string[]>()
  const settings = toBytes(url.rawQuery).split("&")
  if (settings.length > QUERY_PARAMETERS_MAX) return values
  for (const setting of settings) {
    if (setting === "" || setting.includes(";")) continue
    const equals = setting.indexOf("=")
    const name = equals < 0 ? setting : setting.slice(0, equals)
    const value = equals < 0 ? "" : setting.slice(equals + 1)
    if (/%(?![0-9A-Fa-f]{2})/.test(setting)) continue
    const key = decodeQuery(name)
    const list = values.get(key)
    if (list === undefined) values.set(key, [decodeQuery(value)])
    else list.push(decodeQuery(value))
  }
  return values
}

const decodeQuery = (bytes: string) => toText(unescape(bytes.replaceAll("+", " ")))
