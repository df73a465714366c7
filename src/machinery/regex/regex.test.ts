import assert from "node:assert/strict"
import { test } from "node:test"
import { compileRegex, RegexError } from "./regex.ts"

const found: readonly { pattern: string; text: string; all: readonly string[]; most?: number }[] = [
  { pattern: "[0-9]*", text: "abc 123", all: ["", "", "", "", "123"] },
  { pattern: "[0-9]+", text: "123 abc 456", all: ["123", "456"] },
  { pattern: "[0-9]+", text: "123 abc 456", most: 1, all: ["123"] },
  { pattern: "[0-9]+", text: "123 abc 456", most: 0, all: [] },
  { pattern: "xyz", text: "123", all: [] },
  { pattern: "a*", text: "baac", all: ["", "aa", ""] },
  { pattern: "x*", text: "é😀", all: ["", "", ""] },
  { pattern: "^a|b$", text: "aab", all: ["a", "b"] },
  { pattern: "", text: "", all: [""] },
]
for (const { pattern, text, most, all } of found) {
  test(`finds ${pattern} in ${JSON.stringify(text)}, ${most ?? "any number"} times`, () => {
    const regex = compileRegex(pattern)
    assert.deepEqual(regex.findAll(text, most), all)
    assert.equal(regex.find(text), most === undefined ? all[0] : regex.findAll(text)[0])
    assert.equal(regex.test(text), regex.findAll(text).length > 0)
  })
}

const refused = [
  ["[a", "error parsing regexp: missing closing ]: `[a`"],
  ["a)", "error parsing regexp: unexpected ): `a)`"],
  ["a**", "error parsing regexp: invalid nested repetition operator: `**`"],
  ["(?=a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?=`"],
  ["\\1", "error parsing regexp: invalid escape sequence: `\\1`"],
  ["a{1001}", "error parsing regexp: invalid repeat count: `{1001}`"],
  ["a\\", "error parsing regexp: trailing backslash at end of expression: ``"],
] as const
for (const [pattern, message] of refused) {
  test(`refuses ${pattern}`, () => {
    assert.throws(() => compileRegex(pattern), new RegexError(message))
  })
}

test("a pattern that makes backtracking engines explode ends at once", () => {
  assert.equal(compileRegex("^(a|a)*(a|a)*$").test(`${"a".repeat(20_000)}b`), false)
})

test("a pattern is compiled once", () => {
  assert.equal(compileRegex("once"), compileRegex("once"))
})
