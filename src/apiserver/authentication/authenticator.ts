import { unauthorized } from "../../machinery/status/errors.ts"
import { isUnauthorized } from "../../machinery/status/predicates.ts"
import type { UserInfo } from "../call.ts"
import type { Exchange } from "../transport/exchange.ts"

/** Who sent a request: whom a trusted proxy names, a client certificate, a bearer token, or nobody; in this order. */

/** Finds the user behind a token; undefined when the token is not of its kind. Throws a 401 when it is, but no good. */
export type TokenAuthenticator = (token: string) => UserInfo | undefined | Promise<UserInfo | undefined>

export interface AuthenticatorOptions {
  /** Whom a proxy names that may vouch for users. */
  readonly requestHeader?: ((exchange: Exchange) => UserInfo | undefined) | undefined
  readonly certificate: (exchange: Exchange) => UserInfo | undefined
  readonly tokens: readonly TokenAuthenticator[]
  /** Paths that need no identity. */
  readonly isOpenPath: (path: string) => boolean
}

export const ANONYMOUS: UserInfo = {
  name: "system:anonymous",
  groups: ["system:unauthenticated"],
  extra: new Map(),
}

export function createAuthenticator(options: AuthenticatorOptions) {
  return (exchange: Exchange): UserInfo | Promise<UserInfo> => {
    const user = options.requestHeader?.(exchange) ?? options.certificate(exchange)
    if (user !== undefined) return user
    const token = bearerToken(exchange)
    if (token !== undefined) return byToken(token, options.tokens)
    if (exchange.headers.authorization === undefined && options.isOpenPath(pathOf(exchange.target))) return ANONYMOUS
    throw unauthorized()
  }
}

async function byToken(token: string, authenticators: readonly TokenAuthenticator[]): Promise<UserInfo> {
  for (const authenticate of authenticators) {
    try {
      const user = await authenticate(token)
      if (user !== undefined) return user
    } catch (error) {
      // Somebody else may know it.
      if (!isUnauthorized(error)) throw error
    }
  }
  throw unauthorized()
}

const PROTOCOL_PREFIX = "base64url.bearer.authorization.k8s.io."

/** From the Authorization header, or, for browsers' WebSockets which cannot set it, from the list of protocols. */
function bearerToken(exchange: Exchange): string | undefined {
  const { authorization } = exchange.headers
  if (authorization !== undefined) return /^bearer +(\S+)\s*$/i.exec(authorization)?.[1]
  const protocols = exchange.headers["sec-websocket-protocol"]
  if (exchange.upgrade === undefined || protocols === undefined) return undefined
  const found = protocols
    .split(",")
    .map((protocol) => protocol.trim())
    .find((protocol) => protocol.startsWith(PROTOCOL_PREFIX))
  return found && Buffer.from(found.slice(PROTOCOL_PREFIX.length), "base64url").toString()
}

function pathOf(target: string): string {
  const mark = target.indexOf("?")
  return mark < 0 ? target : target.slice(0, mark)
}

const OPEN_PATHS = new Set(["/healthz", "/livez", "/readyz", "/version", "/version/"])

/** What probes and version checks may see without credentials. */
export function isHealthPath(path: string): boolean {
  return OPEN_PATHS.has(path) || /^\/(?:healthz|livez|readyz)\//.test(path)
}
