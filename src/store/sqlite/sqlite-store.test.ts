import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after } from "node:test"
import { storeConformance } from "../conformance.ts"
import { openSqliteStore } from "./sqlite-store.ts"

const folder = mkdtempSync(join(tmpdir(), "gantry-store-"))
after(() => rmSync(folder, { recursive: true }))
let count = 0

storeConformance("the SQLite store", async (platform) => {
  const path = join(folder, `${count++}.db`)
  const store = await openSqliteStore({ path, platform })
  return {
    store,
    async reopen() {
      await store.close()
      return openSqliteStore({ path, platform })
    },
  }
})
