import { posix } from "node:path"

/** Under which path a server behind this one appears to the client, and how it calls itself. */
export interface ProxiedPlace {
  /** Of clients' URLs; empty keeps links within the client's own view of this server. */
  readonly scheme: string
  readonly host: string
  /** The path that leads to the root of the server behind. */
  readonly prefix: string
  /** `host:port` at which this server reaches the other one. */
  readonly backendHost: string
  /** The `Host` that the client asked for. */
  readonly requestHost: string
}

/**
 * A link of the server behind as the client has to follow it: a path from the root gets the prefix, what leads to other
 * hosts or is relative stays. Undefined for what cannot be read as a URL.
 */
export function proxiedUrl(link: string, place: ProxiedPlace): string | undefined {
  const parts = /^(?:([a-zA-Z][\w+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(.*)$/s.exec(link)
  if (parts === null || /[\x00-\x20\x7f]/.test(parts[2] ?? "") || /%(?![0-9a-fA-F]{2})/.test(parts[3] ?? "")) {
    return undefined
  }
  const [, ownScheme = "", authority = "", path = "", rest = ""] = parts
  const host = authority.slice(authority.lastIndexOf("@") + 1)
  const isElsewhere = host !== "" && host !== place.backendHost && host !== place.requestHost
  if (isElsewhere || !path.startsWith("/")) return link
  const keepsHost = host === place.requestHost && place.scheme === "" && place.host === ""
  const scheme = keepsHost ? ownScheme : place.scheme
  const origin = keepsHost ? authority : place.host
  const before = (scheme === "" ? "" : `${scheme}:`) + (origin === "" ? "" : `//${origin}`)
  const isThere = path.startsWith(place.prefix)
  return before + (isThere ? path : joined(place.prefix, path)) + rest
}

/** Both as one path, without detours; a slash at the end remains. */
export function joined(prefix: string, path: string): string {
  return posix.join(prefix, path)
}
