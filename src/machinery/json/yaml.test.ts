import assert from "node:assert/strict"
import { test } from "node:test"
import { parseYaml, parseYamlDocuments } from "./yaml.ts"

test("scalars are read as Kubernetes reads them", () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ["yes", true],
    ["off", false],
    ["'yes'", "yes"],
    ["2026-01-02", "2026-01-02"],
    ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"],
    ["0777", 511],
    ["0o17", 15],
    ["0x1f", 31],
    ["12:30:45", "12:30:45"],
    ["1.5", 1.5],
    ["1e3", 1000],
    ["~", null],
    ["100m", "100m"],
    ["=", "="],
  ]
  for (const [text, expected] of cases) assert.deepEqual(parseYaml(`a: ${text}`).value, { a: expected }, text)
  assert.equal(JSON.stringify(parseYaml("a: 9223372036854775807").value), '{"a":9223372036854775807}')
})

test("keys become text and __proto__ is data", () => {
  assert.equal(JSON.stringify(parseYaml("1: a\ntrue: b\n__proto__: c").value), '{"1":"a","true":"b","__proto__":"c"}')
})

test("anchors and merges resolve, bombs do not", () => {
  assert.deepEqual(parseYaml("a: &x {k: 1}\nb: {<<: *x, l: 2}").value, { a: { k: 1 }, b: { k: 1, l: 2 } })
  const bomb = ["a0: &a0 [x]", ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`)]
  assert.throws(() => parseYaml(bomb.join("\n")), /yaml: /)
})

test("repeated keys are reported by line", () => {
  assert.deepEqual(parseYaml("a: 1\nb:\n  c: 1\n  c: 2\n").duplicates, ['line 4: key "c" already set in map'])
})

test("a stream holds several documents", () => {
  const documents = parseYamlDocuments("---\na: 1\n---\n---\n# nothing\n---\nb: 2\n")
  assert.deepEqual(
    documents.map(({ value }) => value),
    [{ a: 1 }, { b: 2 }],
  )
})

test("broken YAML names the line", () => {
  assert.throws(() => parseYaml("a: b: c"), /yaml: line 1: /)
  assert.throws(() => parseYaml("a: [1"), /yaml: line \d+: /)
})

test("a point is text", () => {
  for (const text of [".", "+.", "-.", "._"]) {
    assert.deepEqual(parseYaml(`a: ${text}\n${text}: b`).value, { a: text, [text]: "b" }, text)
  }
})

test("JSON in place of YAML means the same", () => {
  const text = '{"a":{"b":[1,1.5,"yes",true,null,9007199254740993]},"__proto__":{"c":"\\u00e9"}}'
  const asYaml = parseYaml(`# read as YAML\n${text}`)
  assert.equal(JSON.stringify(parseYaml(text)), JSON.stringify(asYaml))
  assert.deepEqual(parseYaml('{"a":1,"a":2}').duplicates, ['line 1: key "a" already set in map'])
  assert.deepEqual(parseYaml("{a: 1}").value, { a: 1 })
})

test("repeated keys are found by line, each line counted once", () => {
  const { duplicates } = parseYaml("a: 1\n".repeat(3_000))
  assert.equal(duplicates.length, 2_999)
  assert.equal(duplicates.at(-1), 'line 3000: key "a" already set in map')
})
