import assert from "node:assert/strict"
import { test } from "node:test"
import { IndexSet } from "./indexes.ts"

const written: readonly (readonly [text: string, completions: number, want: string])[] = [
  ["", 5, ""],
  ["0", 5, "0"],
  ["0,1", 5, "0,1"],
  ["0,1,2", 5, "0-2"],
  ["0-2,4", 5, "0-2,4"],
  ["0-9", 4, "0-3"],
  ["1,x,3", 5, "1,3"],
  ["4,7", 5, "4"],
]
for (const [text, completions, want] of written) {
  test(`the indexes ${text} of ${completions} are ${want}`, () => {
    assert.equal(`${IndexSet.parse(text, completions)}`, want)
  })
}

test("missing indexes come in order and end with the job's", () => {
  const set = IndexSet.of([4, 1, 2])
  assert.deepEqual(set.missing(2, 6), [0, 3])
  assert.deepEqual(set.missing(9, 6), [0, 3, 5])
  assert.deepEqual(set.missing(9, 2), [0])
})

test("sets join, count and compare", () => {
  const set = IndexSet.of([0, 1]).union(IndexSet.parse("2,6-8", 9))
  assert.deepEqual([`${set}`, set.size, set.has(2), set.has(5)], ["0-2,6-8", 6, true, false])
  assert.equal(set.common(IndexSet.parse("1-7", 9)), 4)
})
