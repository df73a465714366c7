import assert from "node:assert/strict"
import { test } from "node:test"
import { NewestMap } from "./newest-map.ts"

test("what was set longest ago is forgotten when there is one too many", () => {
  const map = new NewestMap<string | undefined, number>(2).set(undefined, 1).set("b", 2)
  assert.deepEqual(
    [...map.set("b", 3).set(undefined, 4)],
    [
      ["b", 3],
      [undefined, 4],
    ],
  )
  assert.deepEqual(
    [...map.set("c", 5)],
    [
      [undefined, 4],
      ["c", 5],
    ],
  )
  assert.deepEqual(
    [...map.set("d", 6)],
    [
      ["c", 5],
      ["d", 6],
    ],
  )
})
