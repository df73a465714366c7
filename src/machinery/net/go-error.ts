/** What Go's network library would say about an error of Node's: people search for these words, and tools match them. */

const SYSTEM = new Map([
  ["ECONNREFUSED", "connection refused"],
  ["ECONNRESET", "connection reset by peer"],
  ["EHOSTUNREACH", "no route to host"],
  ["ENETUNREACH", "network is unreachable"],
  ["ETIMEDOUT", "connection timed out"],
  ["EPIPE", "broken pipe"],
])
const UNKNOWN_AUTHORITY = "certificate signed by unknown authority"
const CERTIFICATE = new Map([
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", UNKNOWN_AUTHORITY],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", UNKNOWN_AUTHORITY],
  ["UNABLE_TO_GET_ISSUER_CERT", UNKNOWN_AUTHORITY],
  ["SELF_SIGNED_CERT_IN_CHAIN", UNKNOWN_AUTHORITY],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", UNKNOWN_AUTHORITY],
  ["CERT_SIGNATURE_FAILURE", UNKNOWN_AUTHORITY],
  ["CERT_HAS_EXPIRED", "certificate has expired or is not yet valid"],
  ["CERT_NOT_YET_VALID", "certificate has expired or is not yet valid"],
])

export interface Dialled {
  readonly host: string
  readonly port: number
}

/** The text of an error that a request to `to` ended with. An aborted request's reason counts as its error. */
export function goErrorText(error: unknown, to: Dialled): string {
  if (error instanceof AggregateError && error.errors.length > 0) return goErrorText(error.errors[0], to)
  if (!(error instanceof Error)) return String(error)
  if (error.name === "AbortError") return "context canceled"
  if (error.name === "TimeoutError") return "context deadline exceeded"
  const { code = "", syscall } = error as NodeJS.ErrnoException
  const problem = CERTIFICATE.get(code)
  if (problem !== undefined) return `tls: failed to verify certificate: x509: ${problem}`
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return `tls: failed to verify certificate: x509: ${error.message}`
  if (code === "ENOTFOUND") return `dial tcp: lookup ${to.host}: no such host`
  const known = SYSTEM.get(code)
  if (error.message === "i/o timeout") return `dial tcp ${hostPort(to)}: i/o timeout`
  if (error.message === "socket hang up") return "EOF"
  if (known === undefined) return error.message
  return syscall === "connect" ? `dial tcp ${hostPort(to)}: connect: ${known}` : `${syscall ?? "read"}: ${known}`
}

/** `host:port`, with brackets around IPv6 addresses. */
export function hostPort({ host, port }: Dialled): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`
}
