import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { StoreLockedError } from "../store.ts"
import { openSqliteStore } from "./sqlite-store.ts"

const platform = createNodePlatform()
const WRITER = fileURLToPath(new URL("./testing/crash-writer.ts", import.meta.url))
/** Acknowledged writes to wait for before the kill, so that it hits the middle of the work. */
const ACKNOWLEDGED_MIN = [50, 400, 1500]

test("kill -9 in the middle of writing loses no acknowledged write, and frees the lock", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gantry-crash-"))
  const path = join(folder, "store.db")
  try {
    for (const [round, atLeast] of ACKNOWLEDGED_MIN.entries()) {
      const acknowledged = await killAfter(path, `round-${round}`, atLeast)
      const store = await openSqliteStore({ path, platform })
      const { entries, revision } = await store.range({ prefix: "/" })
      const found = new Map(entries.map((entry) => [entry.key, entry.modRevision]))
      for (const [key, modRevision] of acknowledged) assert.equal(found.get(key), modRevision, `${key} was lost`)
      for (const { key, value } of entries) assert.equal(Buffer.from(value).toString(), key.repeat(20))
      // No holes and nothing twice: each revision made exactly one key.
      assert.deepEqual(
        [...found.values()].sort((a, b) => a - b),
        Array.from({ length: revision - 1 }, (_, index) => index + 2),
      )
      await store.close()
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

/** Runs a writer until it has acknowledged this many writes, kills it, and returns all that it acknowledged. */
async function killAfter(path: string, name: string, atLeast: number): Promise<ReadonlyMap<string, number>> {
  const args = ["--disable-warning=ExperimentalWarning", WRITER, path, name]
  const child = platform.processes.spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
  assert.ok(child.stdout)
  let output = ""
  let isLocked = false
  for await (const chunk of child.stdout) {
    output += String(chunk)
    if (!isLocked) {
      isLocked = true
      const isHeld = (error: unknown) => error instanceof StoreLockedError && error.holderPid === child.pid
      await assert.rejects(openSqliteStore({ path, platform }), isHeld)
    }
    if (output.split("\n").length > atLeast) child.kill("SIGKILL")
  }
  assert.equal((await child.exited).signal, "SIGKILL")
  // What comes after the last newline was cut off by the kill.
  const lines = output.split("\n").slice(0, -1)
  assert.ok(lines.length >= atLeast)
  return new Map(lines.map((line) => [line.split(" ")[0] ?? "", Number(line.split(" ")[1])]))
}
