import assert from "node:assert/strict"
import { test } from "node:test"
import { findLastText, findText, splitText } from "./search.ts"

const a = (count: number) => "a".repeat(count)

const cases: readonly (readonly [text: string, part: string])[] = [
  [`${a(50)}b${a(50)}b`, `${a(40)}b`],
  [a(100), a(40)],
  [a(100), a(101)],
  [`x${"ab".repeat(40)}x${"ab".repeat(20)}`, "ab".repeat(20)],
  [`${a(39)}b`.repeat(5), `${a(39)}b`],
  [a(100), `${a(39)}b`],
]
for (const [text, part] of cases) {
  test(`finds ${part.length} characters in ${text.length} as the engine does`, () => {
    assert.equal(findText(text, part), text.indexOf(part))
    assert.equal(findText(text, part, 3), text.indexOf(part, 3))
    assert.equal(findLastText(text, part, text.length), text.lastIndexOf(part))
    assert.equal(findLastText(text, part, 30), text.lastIndexOf(part, 30))
    assert.deepEqual(splitText(text, part), text.split(part))
  })
}

test("texts that make searches slow are searched at once", () => {
  assert.equal(findText(a(2_000_000), `b${a(1_000_000)}`), -1)
  assert.equal(findLastText(a(2_000_000), `${a(1_000_000)}b`, 2_000_000), -1)
})
