import assert from "node:assert/strict"
import { test } from "node:test"
import { isError } from "../error.ts"
import { ValueList } from "../list.ts"
import { formatText } from "./format.ts"
import { joinTexts, replace, split, trimSpace } from "./text.ts"

const large = "x".repeat(3_000_000)

const bombs: readonly (readonly [name: string, make: () => unknown])[] = [
  ["a large text between all characters of another", () => replace(large, "", large, -1)],
  ["a large text for all characters of another", () => replace(large, "x", large, -1)],
  ["a large separator", () => joinTexts(split(large, "", -1), large)],
  ["many large arguments", () => formatText("%s".repeat(100), new ValueList(Array<string>(100).fill(large)))],
  [
    "a list of many large texts",
    () => formatText("%s", new ValueList([new ValueList(Array<string>(100).fill(large))])),
  ],
]
for (const [name, make] of bombs) {
  test(`is not made: ${name}`, () => assert.equal(isError(make()), true))
}

test("what fits is made", () => {
  assert.equal(replace("aXbXc", "X", "--", 1), "a--bXc")
  assert.equal(joinTexts(["a", "b"], large), `a${large}b`)
  assert.equal(trimSpace(` \u3000${large}\n`), large)
})
