import type { TLSSocket } from "node:tls"
import type { UserInfo } from "../call.ts"
import type { Exchange } from "../transport/exchange.ts"
import { withAuthenticated } from "./authenticated-group.ts"
import { certificatesOf, issuedBy } from "./certificate-chain.ts"

/**
 * Users that a trusted proxy vouches for: it shows a certificate of its own CA, and names the user in headers.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#authenticating-proxy
 */
export interface RequestHeaderOptions {
  /** PEM. The CA of proxies; it should not be the one of clients. */
  readonly ca: string
  /** Common names that a proxy's certificate may have. Empty: any. */
  readonly allowedNames: readonly string[]
  /** Of several headers the first with a value counts. */
  readonly userHeaders: readonly string[]
  readonly uidHeaders: readonly string[]
  /** All values of all of them count. */
  readonly groupHeaders: readonly string[]
  readonly extraHeaderPrefixes: readonly string[]
}

/** As kubeadm configures it, and as this server's own aggregator sends them. */
export const STANDARD_HEADERS = {
  allowedNames: ["front-proxy-client"],
  userHeaders: ["X-Remote-User"],
  uidHeaders: ["X-Remote-Uid"],
  groupHeaders: ["X-Remote-Group"],
  extraHeaderPrefixes: ["X-Remote-Extra-"],
} as const satisfies Omit<RequestHeaderOptions, "ca">

/** The user that the proxy names; undefined when the request does not come from one, or names nobody. */
export function createRequestHeaderAuthenticator(options: RequestHeaderOptions) {
  const isFromProxyCa = issuedBy(certificatesOf(options.ca))
  const lower = (names: readonly string[]) => names.map((name) => name.trim().toLowerCase())
  const user = lower(options.userHeaders)
  const uid = lower(options.uidHeaders)
  const group = lower(options.groupHeaders)
  const prefixes = lower(options.extraHeaderPrefixes)
  // A connection's certificate never changes, and carries thousands of requests.
  const known = new WeakMap<TLSSocket, boolean>()
  return (exchange: Exchange): UserInfo | undefined => {
    const { socket } = exchange
    const name = first(exchange, user)
    if (name === "" || !known.getOrInsertComputed(socket, isProxy)) return undefined
    const id = first(exchange, uid)
    const groups = group.flatMap((header) => exchange.valuesOf(header)).filter((value) => value !== "")
    return withAuthenticated({ name, ...(id !== "" && { uid: id }), groups, extra: extraOf(exchange, prefixes) })
  }

  function isProxy(socket: TLSSocket): boolean {
    const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined
    if (certificate === undefined || !isFromProxyCa(certificate)) return false
    const names = options.allowedNames
    return names.length === 0 || names.some((name) => certificate.subject.split("\n").includes(`CN=${name}`))
  }
}

const first = (exchange: Exchange, headers: readonly string[]): string => {
  for (const header of headers) {
    const [value = ""] = exchange.valuesOf(header)
    if (value !== "") return value
  }
  return ""
}

function extraOf(exchange: Exchange, prefixes: readonly string[]): UserInfo["extra"] {
  const extra = new Map<string, readonly string[]>()
  for (const prefix of prefixes) {
    for (const header of Object.keys(exchange.headers)) {
      if (!header.startsWith(prefix)) continue
      const key = decoded(header.slice(prefix.length))
      extra.set(key, [...(extra.get(key) ?? []), ...exchange.valuesOf(header)])
    }
  }
  return extra
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch (error) {
    if (error instanceof URIError) return key
    throw error
  }
}
