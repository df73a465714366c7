import { createHash } from "node:crypto"

/** What a chain or set is called after something in the API. The kernel takes names of up to 127 characters, of which
 * a prefix needs some. The digest keeps names apart that are cut short. */
export function chainName(what: string): string {
  return `${digest(what)}/${what}`.slice(0, 100)
}

export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8)
}
