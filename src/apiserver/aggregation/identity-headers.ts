import type { UserInfo } from "../call.ts"

/**
 * Who asks, for an extension server that trusts this server's word. Values are bytes in UTF-8, which node writes as
 * Latin-1.
 */
export function identityHeaders({ name, uid = "", groups, extra }: UserInfo): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { "X-Remote-User": wire(name) }
  if (uid !== "") headers["X-Remote-Uid"] = wire(uid)
  if (groups.length > 0) headers["X-Remote-Group"] = groups.map(wire)
  for (const [key, values] of extra) {
    if (values.length > 0) headers[`X-Remote-Extra-${escapedKey(key)}`] = values.map(wire)
  }
  return headers
}

const wire = (text: string): string => Buffer.from(text).toString("latin1")

/** What may not stand in the name of a header, and the percent sign itself, as percent codes of their bytes. */
function escapedKey(key: string): string {
  return key.replace(/[^\w!#$&'*+.^`|~-]/gu, (one) =>
    [...Buffer.from(one)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  )
}
