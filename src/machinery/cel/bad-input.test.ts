import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { activationOf } from "./activation.ts"
import { createEnvironment } from "./environment.ts"
import { jsonToCel } from "./json/json-value.ts"
import { optionalLibrary } from "./optional/optional-library.ts"
import { bindingsLibrary, twoVariableLibrary } from "./stdlib/two-variable-library.ts"
import { dynType, listOf, mapOf, stringType } from "./types.ts"

const environment = createEnvironment({
  libraries: [optionalLibrary, twoVariableLibrary, bindingsLibrary],
  variables: [
    { name: "x", type: dynType },
    { name: "l", type: listOf(dynType) },
    { name: "m", type: mapOf(stringType, dynType) },
  ],
})
const COST_LIMIT = 100_000

/** Compiles, estimates and evaluates, checked or not. Whatever it is, nothing is thrown. */
function handle(expression: string, json: unknown = { a: [1, "two", null] }) {
  for (const compiled of [environment.compile(expression), environment.parse(expression)]) {
    if (!compiled.ok) {
      assert.ok(compiled.issues.length > 0)
      assert.match(compiled.message, /^ERROR: <input>:-?\d+:\d+: /)
      continue
    }
    if (compiled.ast.checked) {
      const nothingKnown = { estimateSize: () => undefined, estimateCall: () => undefined }
      const estimate = environment.estimateCost(compiled.ast, nothingKnown)
      assert.ok(estimate.min >= 0 && estimate.max >= estimate.min)
    }
    const value = jsonToCel(json)
    const variables = activationOf([
      ["x", () => value],
      ["l", () => jsonToCel([json, 1])],
      ["m", () => jsonToCel({ json })],
    ])
    const result = environment.program(compiled.ast).evaluate(variables, { costLimit: COST_LIMIT })
    assert.ok(result.cost >= 0)
  }
}

const TOKENS =
  "x l m a 1 2u 1.5 'a' b'b' true false null [ ] { } ( ) . , : ? ! - + * / % < > <= >= == != && || in .? [? {? has( .all(i, .exists( .map(v, .filter(e, .transformMap(k, .optMap(o, size( int( string( duration( timestamp( cel.bind( optional.of( .orValue( .matches( dyn( type( google.protobuf.Int64Value{ value: `q` //c \n '''".split(
    " ",
  )

test("any sequence of tokens is handled", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...TOKENS), { maxLength: 25 }), fc.jsonValue(), (tokens, json) => {
      handle(tokens.join(""), json)
      handle(tokens.join(" "), json)
    }),
    { numRuns: 300 },
  )
})

test("any text is handled", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => handle(text)),
    { numRuns: 300 },
  )
})

const expression = fc.letrec<{ any: string; atom: string }>((tie) => ({
  atom: fc.constantFrom(
    "x",
    "x.a",
    "l",
    "m",
    "1",
    "-7",
    "2u",
    "1.5",
    "'é😀'",
    "b'\\xff'",
    "[]",
    "{}",
    "null",
    "x[0]",
    "int",
  ),
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    tie("atom"),
    fc
      .tuple(tie("any"), fc.constantFrom("+", "-", "*", "/", "%", "<", ">=", "==", "!=", "&&", "||", "in"), tie("any"))
      .map(([a, operator, b]) => `dyn(${a}) ${operator} dyn(${b})`),
    fc
      .tuple(tie("any"), fc.constantFrom("all", "exists", "exists_one", "map", "filter"), tie("any"))
      .map(([range, macro, body]) => `dyn(${range}).${macro}(i, dyn(${body}) == i)`),
    fc.tuple(tie("any"), tie("any"), tie("any")).map(([c, a, b]) => `(dyn(${c}) ? dyn(${a}) : dyn(${b}))`),
    fc.tuple(tie("any"), tie("any")).map(([a, b]) => `[dyn(${a}), ?optional.ofNonZeroValue(dyn(${b}))]`),
    fc.tuple(tie("any"), tie("any")).map(([a, b]) => `dyn(${a})[dyn(${b})]`),
    fc.tuple(tie("any"), tie("any")).map(([a, b]) => `cel.bind(q, dyn(${a}), [q, dyn(${b})])`),
    tie("any").map((a) => `dyn(${a}).?b.optMap(v, v)`),
    fc
      .tuple(fc.constantFrom("string", "int", "double", "duration", "timestamp", "size"), tie("any"))
      .map(([f, a]) => `${f}(dyn(${a}))`),
  ),
})).any

test("expressions of any values end in a value or an error", () => {
  fc.assert(fc.property(expression, fc.jsonValue(), handle), { numRuns: 300 })
})

const hostile: readonly (readonly [name: string, expression: string])[] = [
  ["deep parentheses", "(".repeat(50_000)],
  ["deep lists", `${"[".repeat(20_000)}${"]".repeat(20_000)}`],
  ["many fields", `x${".a".repeat(40_000)}`],
  ["many operators", `1${"+1".repeat(40_000)}`],
  ["many terms", `true${"||true".repeat(15_000)}`],
  ["many signs", "-".repeat(90_000)],
  ["a long list", `[${"1,".repeat(49_000)}1]`],
  ["more than is read", "1".repeat(100_001)],
  ["macros that copy their target", `x${".?a.optMap(v, v)".repeat(60)}`],
  ["types that double", `[1]${".map(a, {dyn(a): a})".repeat(60)}`],
  [
    "texts that double",
    `${Array.from({ length: 60 }, (_, i) => `cel.bind(v${i}, ${i === 0 ? "'xx'" : `v${i - 1} + v${i - 1}`}, `).join("")}v59${")".repeat(60)}`,
  ],
  [
    "lists that double",
    `${Array.from({ length: 60 }, (_, i) => `cel.bind(v${i}, ${i === 0 ? "[1]" : `v${i - 1} + v${i - 1}`}, `).join("")}v59 == v59${")".repeat(60)}`,
  ],
  [
    "nested loops",
    `${"l.all(i, ".repeat(1)}${Array.from({ length: 40 }, (_, i) => `[1,2,3,4,5,6,7,8].all(i${i}, `).join("")}true${")".repeat(41)}`,
  ],
  ["a pattern that backtracks", "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.matches('^(a|a)*(a|a)*(a+)+$')"],
  ["a pattern that is large", "'a'.matches('((a{100}){100}){100}')"],
  ["a duration without a unit", `duration('${"1".repeat(95_000)}') == duration(dyn('${"1".repeat(4_000)}'))`],
  ["a duration of many parts", `duration('${"1h".repeat(45_000)}')`],
  ["an integer of many digits", `int('${"9".repeat(95_000)}')`],
  ["prototype names", "x.__proto__.constructor.toString == x['hasOwnProperty'] || has(m.__proto__)"],
  ["unpaired surrogates", "'\\ud83d' + '\ud83d'"],
]
for (const [name, text] of hostile) test(`hostile: ${name}`, () => handle(text))

test("a loop ends when its cost is spent", () => {
  const compiled = environment.compile("[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, l.all(c, a + b < 100)))")
  assert.ok(compiled.ok)
  const result = environment
    .program(compiled.ast)
    .evaluate(activationOf([["l", () => jsonToCel(Array.from({ length: 1000 }, () => 1))]]), { costLimit: 5000 })
  assert.ok(!result.ok)
  assert.equal(result.stopped, "cost")
  assert.equal(result.error.message, "operation cancelled: actual cost limit exceeded")
  assert.ok(result.cost > 5000 && result.cost < 5100)
})

test("a loop ends when it is interrupted", () => {
  const compiled = environment.compile("l.all(a, l.all(b, true))")
  assert.ok(compiled.ok)
  let asked = 0
  const result = environment
    .program(compiled.ast)
    .evaluate(activationOf([["l", () => jsonToCel(Array.from({ length: 1000 }, () => 1))]]), {
      interrupted: () => ++asked === 3,
    })
  assert.ok(!result.ok)
  assert.equal(result.stopped, "interrupted")
  assert.equal(result.error.message, "operation interrupted")
})
