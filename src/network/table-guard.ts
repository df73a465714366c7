import { createHash } from "node:crypto"
import type { Nft } from "./nft.ts"

/**
 * Finds out whether somebody else changed a table of ours. The kernel's words for a table differ from those it was
 * written in, so the table is compared with what the kernel said of it when it was last written whole.
 */
export interface TableGuard {
  /** To be called with each change of our own: the picture of the table is out of date. */
  changed(): void
  /** Brings the table into shape when it is not, or when nobody knows. True when somebody else had changed it for sure. */
  check(): Promise<boolean>
}

/** `writeWhole` makes the table hold what it should, whatever it holds now. It may call `changed`. */
export function guardTable(nft: Pick<Nft, "list">, table: string, writeWhole: () => Promise<void>): TableGuard {
  let picture: string | undefined
  let changes = 0

  return {
    changed() {
      picture = undefined
      changes++
    },
    async check() {
      const expected = picture
      const found = await nft.list(table)
      if (expected !== undefined && pictureOf(found) === expected) return false
      await writeWhole()
      const before = changes
      const written = pictureOf(await nft.list(table))
      // Whoever wrote in between, we did: then the picture shows one change and maybe not the other.
      if (changes === before) picture = written
      return expected !== undefined || found === undefined
    },
  }
}

/** Sets of clients fill and empty themselves. */
function pictureOf(listing = ""): string {
  return createHash("sha256")
    .update(listing.replaceAll(/(set clients-[^}]*?)elements = \{[^}]*\}/g, "$1"))
    .digest("hex")
}
