import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { LayerStore } from "./layer-store.ts"

const dir = mkdtempSync(join(tmpdir(), "gantry-layers-"))
after(() => rmSync(dir, { recursive: true, force: true }))

test("what a killed build has left goes, however deep its commands have nested it", async () => {
  const store = new LayerStore(dir, createSimPlatform({ seed: 1 }))
  const before = process.cwd()
  process.chdir(store.temporaryDir())
  for (const name of Array.from({ length: 40 }, () => "d".repeat(255))) {
    mkdirSync(name)
    process.chdir(name)
  }
  process.chdir(before)
  const kept = readdirSync(store.dir).length - 1
  await store.deleteTemporary()
  assert.equal(readdirSync(store.dir).length, kept)
})
