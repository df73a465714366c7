import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { FieldSelector, parseFieldSelector } from "./field-selector.ts"
import { compileLabelSelector, formatLabelSelector, LabelSelector } from "./label-selector.ts"
import { parseLabelSelector } from "./parse-label-selector.ts"
import { matches, requirement } from "./requirement.ts"

test("label selectors are read and written", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["", ""],
    ["a=b,c!=d", "a=b,c!=d"],
    ["e in (y, x),!f, g", "e in (x,y),!f,g"],
    ["x notin ()", "x notin ()"],
    ["x in (a,,b)", "x in (,a,b)"],
    ["in=notin", "in=notin"],
    ["a in (in)", "a in (in)"],
    ["n>5", "n>5"],
    ["a==b", "a==b"],
    ["a=", "a="],
    ["b,a", "a,b"],
  ]
  for (const [text, expected] of cases) assert.equal(parseLabelSelector(text).toString(), expected, text)
})

test("bad label selectors get Kubernetes' messages", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["a,", "found '', expected: identifier after ','"],
    [",a", "found ',', expected: !, identifier, or 'end of string'"],
    ["a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ["a in x", "unable to parse requirement: found 'x' expected: '('"],
    ["a=b c", "found 'c', expected: ',' or 'end of string'"],
    [
      "n>x",
      "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
  ]
  for (const [text, expected] of cases) {
    assert.throws(
      () => parseLabelSelector(text),
      (error: Error) => (assert.equal(error.message, expected), true),
    )
  }
})

test("labels match", () => {
  const labels = { app: "web", n: "7", tier: "" }
  const cases: readonly (readonly [string, boolean])[] = [
    ["app=web", true],
    ["app!=web", false],
    ["other!=x", true],
    ["app in (web,db)", true],
    ["app notin (web)", false],
    ["tier", true],
    ["tier=", true],
    ["!other", true],
    ["n>6", true],
    ["n<7", false],
    ["constructor", false],
    ["!__proto__,!toString", true],
  ]
  for (const [text, expected] of cases) {
    const selector = text.includes("__proto__")
      ? compileLabelSelector({ matchExpressions: [{ key: "toString", operator: "DoesNotExist" }] })
      : parseLabelSelector(text)
    assert.equal(selector.matches(labels), expected, text)
  }
})

test("a selector object compiles", () => {
  const selector = {
    matchLabels: { app: "web" },
    matchExpressions: [{ key: "tier", operator: "In", values: ["b", "a"] }],
  }
  assert.equal(formatLabelSelector(selector), "app=web,tier in (a,b)")
  assert.equal(compileLabelSelector(undefined).matches({}), false)
  assert.equal(compileLabelSelector({}).matches({}), true)
  assert.throws(() => compileLabelSelector({ matchExpressions: [{ key: "a", operator: "Near" }] }), /"Near" is not/)
})

test("field selectors are read, matched and written", () => {
  const selector = parseFieldSelector("status.phase!=Running,metadata.name==a\\,b")
  assert.equal(selector.toString(), "metadata.name=a\\,b,status.phase!=Running")
  assert.equal(selector.matches({ "metadata.name": "a,b", "status.phase": "Pending" }), true)
  assert.equal(selector.matches({ "metadata.name": "a,b", "status.phase": "Running" }), false)
  assert.equal(selector.exactValue("metadata.name"), "a,b")
  assert.throws(() => parseFieldSelector("x"), /invalid selector: 'x'; can't understand 'x'/)
  assert.throws(() => parseFieldSelector("x=\\y"), /invalid escape sequence: \\y/)
  assert.throws(() => parseFieldSelector("x=a=b"), /unescaped character in value: 61/)
})

const keys = fc.constantFrom("a", "b.io/c", "constructor")
const values = fc.constantFrom("", "x", "y", "10", "2")
const requirements = fc.oneof(
  fc.record({
    key: keys,
    operator: fc.constantFrom("in" as const, "notin" as const),
    values: fc.uniqueArray(values, { minLength: 1 }),
  }),
  fc.record({ key: keys, operator: fc.constantFrom("exists" as const, "!" as const), values: fc.constant([]) }),
  fc.record({ key: keys, operator: fc.constantFrom("=" as const, "!=" as const), values: values.map((one) => [one]) }),
  fc.record({
    key: keys,
    operator: fc.constantFrom("gt" as const, "lt" as const),
    values: fc.constantFrom(["2"], ["10"]),
  }),
)
const labelSets = fc.dictionary(keys, values)

test("a selector means the same after it was written and read", () => {
  fc.assert(
    fc.property(fc.array(requirements, { maxLength: 3 }), labelSets, (parts, labels) => {
      const own = parts.map(({ key, operator, values }) => requirement(key, operator, values))
      const selector = new LabelSelector(own)
      const expected = own.every((one) => matches(one, labels))
      assert.equal(selector.matches(labels), expected)
      const read = parseLabelSelector(selector.toString())
      assert.equal(read.toString(), selector.toString())
      assert.equal(read.matches(labels), expected)
    }),
  )
})

test("a field selector selects what all its terms allow, also after it was written and read", () => {
  const fields = fc.constantFrom("metadata.name", "spec.nodeName")
  const texts = fc.constantFrom("", "a", "a,b", "x=y", "back\\slash")
  const term = fc.record({ field: fields, value: texts, negated: fc.boolean() })
  fc.assert(
    fc.property(fc.array(term, { maxLength: 3 }), fc.dictionary(fields, texts), (terms, object) => {
      const selector = new FieldSelector(terms)
      const expected = terms.every(({ field, value, negated }) => ((object[field] ?? "") === value) !== negated)
      assert.equal(selector.matches(object), expected)
      assert.equal(parseFieldSelector(selector.toString()).matches(object), expected)
    }),
  )
})
