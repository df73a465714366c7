import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { test } from "node:test"
import { UserError } from "../../cli/user-error.ts"
import { checkCniFolders, nodeConfDir } from "./cni-folders.ts"

const shared = { name: "n", plugins: [{ type: "bridge" }] }
const ranged = { name: "n", plugins: [{ type: "bridge", capabilities: { ipRanges: true } }, { type: "portmap" }] }
const cases = [
  { name: "one node may have any addresses", nodes: ["one"], files: { "a.conflist": shared }, refused: undefined },
  {
    name: "two may not have the same",
    files: { "a.conflist": shared },
    refused: /pods of two nodes would have the same/,
  },
  { name: "two with ranges of their own", files: { "a.conflist": ranged }, refused: undefined },
  { name: "each has a folder", files: { "one/a.conflist": shared, "two/a.conflist": shared }, refused: undefined },
  { name: "one has a folder", files: { "a.conflist": shared, "two/a.conflist": shared }, refused: undefined },
  { name: "what is not there yet", files: {}, refused: undefined },
  { name: "what cannot be read", files: { "a.conflist": {} }, refused: /a\.conflist: found the name undefined/ },
]
for (const { name, nodes = ["one", "two"], files, refused } of cases) {
  test(name, (t) => {
    const dir = mkdtempSync(join(tmpdir(), "gantry-cni-folders-"))
    t.after(() => rmSync(dir, { recursive: true }))
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, file)), { recursive: true })
      writeFileSync(join(dir, file), JSON.stringify(content))
    }
    const check = () =>
      checkCniFolders(
        dir,
        nodes.map((node) => ({ name: node })),
      )
    if (refused === undefined) assert.doesNotThrow(check)
    else assert.throws(check, (error) => error instanceof UserError && refused.test(error.message))
    const folders = nodes.map((node) => nodeConfDir(dir, node))
    assert.deepEqual(
      folders,
      nodes.map((node) => (Object.keys(files).some((file) => file.startsWith(`${node}/`)) ? join(dir, node) : dir)),
    )
  })
}
