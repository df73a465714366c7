import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { parseJson } from "./parse.ts"
import { StrictParser } from "./strict-parser.ts"

test("repeated members are reported with their paths", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['{"a":1,"b":{"a":1}}', []],
    ['{"a":1,"a":2}', ["a"]],
    ['{"spec":{"c":[{"n":1,"n":2},{"n":1,"n":1,"n":1}]}}', ["spec.c[0].n", "spec.c[1].n"]],
    ['{"a:b":"c:d\\":\\\\","x":[]}', []],
    ['{"__proto__":1,"__proto__":2}', ["__proto__"]],
    ['{"1":1,"\\u0031":2}', ["1"]],
  ]
  for (const [text, expected] of cases) assert.deepEqual(parseJson(text).duplicates, expected, text)
})

test("the last of repeated members counts", () => {
  assert.deepEqual(parseJson('{"a":1,"a":2}').value, { a: 2 })
})

test("__proto__ is data", () => {
  const { value } = parseJson('{"__proto__":{"x":1},"n":12345678901234567890123}')
  assert.equal(Object.getPrototypeOf(value), Object.prototype)
  assert.equal(JSON.stringify(value), '{"__proto__":{"x":1},"n":1.2345678901234568e+22}')
})

test("integers of 64 bits survive", () => {
  for (const text of ['{"n":9223372036854775807}', "[-9223372036854775808]", '{"a":[9007199254740993,1.5,-0.25]}']) {
    assert.equal(JSON.stringify(parseJson(text).value), text)
  }
})

test("what is no JSON gets Go's message", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["", "unexpected end of JSON input"],
    ["{", "unexpected end of JSON input"],
    ["{a}", "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ["[1 2]", "invalid character '2' after array element"],
    ["{} x", "invalid character 'x' after top-level value"],
    ["nul!", "invalid character '!' in literal null (expecting 'l')"],
    ['"\n"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ["<html>", "invalid character '<' looking for beginning of value"],
    ["[1e400]", "json: cannot unmarshal number 1e400 into Go value of type float64"],
  ]
  for (const [text, expected] of cases) {
    assert.throws(
      () => parseJson(text),
      (error: Error) => (assert.equal(error.message, expected), true),
      text,
    )
  }
  assert.throws(() => parseJson("[".repeat(100000)), /exceeded max depth/)
  assert.throws(() => parseJson(new Uint8Array([0x22, 0xff, 0x22])), /not valid UTF-8/)
})

test("the strict parser agrees with the engine's", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const expected: unknown = JSON.parse(text)
      const canonical = JSON.stringify(expected)
      assert.equal(JSON.stringify(new StrictParser(text, 512).parse()), canonical)
      assert.equal(JSON.stringify(parseJson(text).value), canonical)
    }),
  )
})
