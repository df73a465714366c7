import assert from "node:assert/strict"
import { test } from "node:test"
import { PageHorizon } from "./page-horizon.ts"

/** What is past after pages were read at these seconds and revisions, at the last of them. */
function past(reads: readonly (readonly [atSeconds: number, revision: number])[], asked: readonly number[]): number[] {
  let nowMs = 0
  const horizon = new PageHorizon({ monotonicMs: () => nowMs })
  for (const [atSeconds, revision] of reads) {
    nowMs = atSeconds * 1000
    horizon.note(revision)
  }
  return asked.filter((revision) => horizon.isPast(revision))
}

test("nothing is past at first", () => assert.deepEqual(past([[0, 9]], [1, 9, 10]), []))
test("what was replaced for five minutes is past, what was current then is not", () => {
  assert.deepEqual(
    past(
      [
        [0, 5],
        [20, 7],
        [330, 9],
      ],
      [4, 5, 6, 7, 8, 9],
    ),
    [4, 5, 6],
  )
})
test("a revision that is still the newest is never past", () => {
  assert.deepEqual(
    past(
      [
        [0, 5],
        [1000, 5],
        [2000, 5],
      ],
      [4, 5],
    ),
    [4],
  )
})
test("reads that follow each other closely are one", () => {
  assert.deepEqual(
    past(
      [
        [0, 5],
        [14, 7],
        [310, 9],
      ],
      [4, 5, 6],
    ),
    [4],
  )
})
