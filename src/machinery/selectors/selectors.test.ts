import assert from "node:assert/strict"
import { test } from "node:test"
import { parseFieldSelector } from "./field-selector.ts"
import { compileLabelSelector, formatLabelSelector } from "./label-selector.ts"
import { parseLabelSelector } from "./parse-label-selector.ts"

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
