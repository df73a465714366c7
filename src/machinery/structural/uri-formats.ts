import { isIPv6 } from "node:net"
import { compileRegex } from "../regex/regex.ts"

const CONTROL = /[\x00-\x1f\x7f]/
const SCHEME = /^([a-zA-Z][a-zA-Z0-9+.-]*):/
const BAD_ESCAPE = /%(?![0-9a-fA-F]{2})/
const PORT = /^(?::[0-9]*)?$/
/** What Go accepts in the name of a host; bytes beyond ASCII may be escaped. */
const HOST = /^(?:[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"]|%25|%[89a-fA-F][0-9a-fA-F]|[^\x00-\x7f])*$/
const USER = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/

/** A URI with scheme, or a path that begins with a slash, as Go's `url.ParseRequestURI` reads them. */
export function isRequestUri(text: string): boolean {
  if (text === "" || CONTROL.test(text) || text.startsWith(":")) return false
  if (text === "*") return true
  const [, scheme = ""] = SCHEME.exec(text) ?? []
  const beyond = scheme === "" ? text : text.slice(scheme.length + 1)
  const [rest = ""] = beyond.split("?", 1)
  if (!rest.startsWith("/")) return scheme !== ""
  if (scheme === "" || !rest.startsWith("//")) return !BAD_ESCAPE.test(rest)
  const slash = rest.indexOf("/", 2)
  const authority = rest.slice(2, slash < 0 ? rest.length : slash)
  return isAuthority(authority) && (slash < 0 || !BAD_ESCAPE.test(rest.slice(slash)))
}

function isAuthority(authority: string): boolean {
  const at = authority.lastIndexOf("@")
  const user = authority.slice(0, Math.max(0, at))
  if (!USER.test(user) || BAD_ESCAPE.test(user)) return false
  const host = authority.slice(at + 1)
  if (host.startsWith("[")) {
    const end = host.lastIndexOf("]")
    const [address = ""] = host.slice(1, end).split("%25")
    return end > 0 && isIPv6(address) && PORT.test(host.slice(end + 1))
  }
  const colon = host.lastIndexOf(":")
  return HOST.test(host) && (colon < 0 || PORT.test(host.slice(colon)))
}

const ATOM = "[A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~\\x{80}-\\x{10ffff}]+"
const DOT_ATOM = `${ATOM}(?:\\.${ATOM})*`
const QUOTED = '"(?:[^"\\\\\\r\\n]|\\\\[^\\r\\n])*"'
const ADDRESS = `(?:${DOT_ATOM}|${QUOTED})@(?:${DOT_ATOM}|\\[[\\x21-\\x5a\\x5e-\\x7e]*\\])`
const COMMENT = "[ \\t]*(?:\\([^()]*\\))?[ \\t]*"
const BARE = `^[ \\t]*${ADDRESS}${COMMENT}$`
const NAMED = `^[ \\t]*(?:(?:${DOT_ATOM}\\.?|${QUOTED})[ \\t]*)*<${ADDRESS}>${COMMENT}$`

/** An address of RFC 5322, with or without a name before it. */
export function isEmailAddress(text: string): boolean {
  return compileRegex(BARE).test(text) || compileRegex(NAMED).test(text)
}
