import type { PeerCertificate } from "node:tls"
import { hostPort } from "./host-port.ts"

/**
 * What Go's network and TLS libraries say where Node says something else. Users and tools know, and tests compare, the
 * words of kube-apiserver.
 */

type SystemError = NodeJS.ErrnoException & { readonly address?: string; readonly port?: number; readonly host?: string }

const CONNECT: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "connection refused"],
  ["EHOSTUNREACH", "no route to host"],
  ["ENETUNREACH", "network is unreachable"],
  ["ETIMEDOUT", "connection timed out"],
  ["EACCES", "permission denied"],
  ["EADDRNOTAVAIL", "cannot assign requested address"],
])

/** What OpenSSL says, and what Go says. */
const PROTOCOL: readonly (readonly [string, string])[] = [
  ["wrong version number", "http: server gave HTTP response to HTTPS client"],
  ["packet length too long", "http: server gave HTTP response to HTTPS client"],
  ["alert protocol version", "remote error: tls: protocol version not supported"],
  ["unsupported protocol", "tls: server selected unsupported protocol version"],
  ["handshake failure", "remote error: tls: handshake failure"],
  ["certificate required", "remote error: tls: certificate required"],
  ["bad certificate", "remote error: tls: bad certificate"],
]

const UNKNOWN_AUTHORITY = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_UNTRUSTED",
  "INVALID_CA",
  "CERT_SIGNATURE_FAILURE",
])

export function wordsOf(error: unknown): string {
  // One address after the other was tried; Go tells about the first.
  if (error instanceof AggregateError && error.errors.length > 0) return wordsOf(error.errors[0])
  if (!(error instanceof Error)) return String(error)
  const { code = "", syscall, address = "", port = 0, host } = error as SystemError
  const refused = CONNECT.get(code)
  if (syscall === "connect" && refused !== undefined) {
    return `dial tcp ${hostPort({ host: address, port })}: connect: ${refused}`
  }
  if (UNKNOWN_AUTHORITY.has(code)) return unverified("certificate signed by unknown authority")
  switch (code) {
    case "ENOTFOUND":
      return `dial tcp: lookup ${host ?? ""}: no such host`
    case "EAI_AGAIN":
      return `dial tcp: lookup ${host ?? ""}: server misbehaving`
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return unverified("certificate has expired or is not yet valid")
    case "INVALID_PURPOSE":
      return unverified("certificate specifies an incompatible key usage")
    case "ECONNRESET":
      return syscall === undefined ? "EOF" : `${syscall} tcp: ${syscall}: connection reset by peer`
    case "EPIPE":
      return "write tcp: write: broken pipe"
    case "EPROTO":
      return PROTOCOL.find(([part]) => error.message.includes(part))?.[1] ?? error.message.trim()
    default:
      return error.message
  }
}

/** Go does not look at common names, unlike Node. Undefined: the certificate is for `name`. */
export function nameProblem(name: string, isAddress: boolean, certificate: PeerCertificate): string | undefined {
  const names = (certificate.subjectaltname ?? "").split(", ").filter((each) => each !== "")
  const valuesOf = (prefix: string) =>
    names.flatMap((each) => (each.startsWith(prefix) ? [each.slice(prefix.length).replace(/^"|"$/g, "")] : []))
  if (isAddress) {
    const addresses = valuesOf("IP Address:")
    if (addresses.some((each) => sameAddress(each, name))) return undefined
    if (addresses.length > 0) return unverified(`certificate is valid for ${addresses.join(", ")}, not ${name}`)
    return unverified(`cannot validate certificate for ${name} because it doesn't contain any IP SANs`)
  }
  const hosts = valuesOf("DNS:")
  if (hosts.some((each) => matches(each.toLowerCase(), name.toLowerCase()))) return undefined
  if (hosts.length > 0) return unverified(`certificate is valid for ${hosts.join(", ")}, not ${name}`)
  if (names.length === 0) return unverified("certificate relies on legacy Common Name field, use SANs instead")
  return unverified(`certificate is not valid for any names, but wanted to match ${name}`)
}

function matches(pattern: string, name: string): boolean {
  if (pattern === name) return true
  const dot = name.indexOf(".")
  // A star stands for one label, the first.
  return pattern.startsWith("*.") && dot > 0 && pattern.slice(1) === name.slice(dot)
}

function sameAddress(a: string, b: string): boolean {
  const plain = (address: string) => (address.includes(":") ? new URL(`http://[${address}]`).hostname : address)
  return plain(a) === plain(b)
}

const unverified = (why: string) => `tls: failed to verify certificate: x509: ${why}`
