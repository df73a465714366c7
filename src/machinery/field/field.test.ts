import assert from "node:assert/strict"
import { test } from "node:test"
import * as fieldError from "./error.ts"
import { aggregateMessages, formatFieldError } from "./error.ts"
import { FieldPath } from "./path.ts"
import { quote } from "./quote.ts"

test("a path is written as Kubernetes writes it", () => {
  const spec = FieldPath.root("spec")
  assert.equal(spec.child("containers").index(0).child("name").toString(), "spec.containers[0].name")
  assert.equal(FieldPath.root("metadata", "labels").key("a/b").toString(), "metadata.labels[a/b]")
  assert.equal(FieldPath.root().child("spec").toString(), "spec")
})

test("quoting follows Go", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["plain", '"plain"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ["\n\t\x01\x7f", '"\\n\\t\\x01\\x7f"'],
    ["é漢", '"é漢"'],
    ["\u200b\u00a0", '"\\u200b\\u00a0"'],
    ["\u{e0001}", '"\\U000e0001"'],
  ]
  for (const [text, expected] of cases) assert.equal(quote(text), expected)
})

test("field errors carry Kubernetes' messages", () => {
  const at = FieldPath.root("spec", "x")
  const cases: readonly (readonly [fieldError.FieldError, string])[] = [
    [fieldError.required(at), "spec.x: Required value"],
    [fieldError.required(at, "must be set"), "spec.x: Required value: must be set"],
    [fieldError.invalid(at, -1, "must be positive"), "spec.x: Invalid value: -1: must be positive"],
    [fieldError.invalid(at, "a<b", "no"), 'spec.x: Invalid value: "a<b": no'],
    [fieldError.invalid(at, { a: "<" }, "no"), 'spec.x: Invalid value: {"a":"\\u003c"}: no'],
    [fieldError.invalid(at, undefined, "no"), "spec.x: Invalid value: null: no"],
    [fieldError.notSupported(at, "c", ["a", "b"]), 'spec.x: Unsupported value: "c": supported values: "a", "b"'],
    [fieldError.duplicate(at, "c"), 'spec.x: Duplicate value: "c"'],
    [fieldError.forbidden(at, "is immutable"), "spec.x: Forbidden: is immutable"],
    [fieldError.notFound(at, "c"), 'spec.x: Not found: "c"'],
    [fieldError.tooLong(at, 63), "spec.x: Too long: may not be more than 63 bytes"],
    [fieldError.tooMany(at, 3, 2), "spec.x: Too many: 3: must have at most 2 items"],
    [fieldError.internal(at, "boom"), "spec.x: Internal error: boom"],
  ]
  for (const [error, expected] of cases) assert.equal(formatFieldError(error), expected)
})

test("messages aggregate without repeats", () => {
  assert.equal(aggregateMessages(["a"]), "a")
  assert.equal(aggregateMessages(["a", "a"]), "a")
  assert.equal(aggregateMessages(["a", "b", "a"]), "[a, b]")
})
