import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { compareKeys, prefixEnd } from "./keys.ts"

const key = fc.string({ unit: "binary" })

test("keys are ordered as their UTF-8 bytes", () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      assert.equal(Math.sign(compareKeys(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
})

test("exactly the keys with a prefix lie between it and its end", () => {
  fc.assert(
    fc.property(key, key, fc.boolean(), (prefix, other, isInside) => {
      const candidate = isInside ? prefix + other : other
      const end = prefixEnd(prefix)
      const isBetween = compareKeys(candidate, prefix) >= 0 && (end === undefined || compareKeys(candidate, end) < 0)
      assert.equal(isBetween, candidate.startsWith(prefix))
    }),
  )
})

test("the end of a prefix skips surrogates and carries over the last code point", () => {
  const cases = [
    ["/a", "/b"],
    ["", undefined],
    ["a\u{10ffff}", "b"],
    ["\u{10ffff}", undefined],
    ["a\ud7ff", "a\ue000"],
    ["a\uffff", "a\u{10000}"],
  ] as const
  for (const [prefix, end] of cases) assert.equal(prefixEnd(prefix), end)
})
