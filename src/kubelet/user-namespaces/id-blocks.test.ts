import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { BLOCK, createIdBlocks, subordinateIds } from "./id-blocks.ts"

test("every pod has a block of its own, which the next agent knows, and which others get when it is gone", () => {
  const folder = mkdtempSync(join(tmpdir(), "gantry-ids-"))
  const range = { first: BLOCK * 2, count: 2 }
  try {
    const blocks = createIdBlocks(range, folder)
    const ids = (hostId: number) => [{ hostId, containerId: 0, length: BLOCK }]
    assert.deepEqual(blocks.of("a"), { mode: "POD", uids: ids(BLOCK * 2), gids: ids(BLOCK * 2) })
    assert.deepEqual(blocks.of("b").uids, ids(BLOCK * 3))
    assert.throws(() => blocks.of("c"), /could not find an empty slot to allocate a user namespace/)
    mkdirSync(join(folder, "with-the-users-of-the-node"))
    const next = createIdBlocks(range, folder)
    assert.deepEqual(next.of("b").uids, ids(BLOCK * 3))
    next.release("a")
    assert.deepEqual(next.of("c").uids, ids(BLOCK * 2))
    writeFileSync(join(folder, "b", "userns"), "")
    next.release("c")
    assert.deepEqual(createIdBlocks({ ...range, count: 3 }, folder).of("b").uids, ids(BLOCK * 3))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

const line = (first: number, length: number) => `root:1:2\nkubelet:${first}:${length}\n`
const good = line(BLOCK, 3 * BLOCK)
const cases: [name: string, uids: string, gids: string, want: object | RegExp | undefined][] = [
  ["nothing is set aside", "root:1:2\n", "", undefined],
  ["both are the same", good, good, { first: BLOCK, count: 3 }],
  ["one is missing", good, "", /exactly one range/],
  ["there are two", good + good, good, /exactly one range/],
  ["they differ", good, line(2 * BLOCK, 3 * BLOCK), /not equal/],
  ["they begin too low", line(0, BLOCK), line(0, BLOCK), /the start of the user ids range is 0/],
  ["they are no whole blocks", line(BLOCK, 5), line(BLOCK, 5), /should be a multiple of 65536/],
]
for (const [name, uids, gids, want] of cases) {
  test(`subordinate ids: ${name}`, () => {
    const read = () => subordinateIds("kubelet", { uids, gids })
    if (want instanceof RegExp) assert.throws(read, { message: want })
    else assert.deepEqual(read(), want)
  })
}
