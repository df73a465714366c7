import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { DEPTH_MAX } from "../json/parse.ts"
import { applyJsonPatch, createJsonPatch, type PatchOperation, readJsonPatch } from "./json-patch.ts"
import { applyMergePatch, createMergePatch } from "./merge-patch.ts"
import { deepClone, deepEqual, type JsonObject } from "./structure.ts"

const objects = fc
  .dictionary(fc.string(), fc.jsonValue())
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject)

test("clones are equal and separate", () => {
  fc.assert(
    fc.property(objects, (value) => {
      const copy = deepClone(value)
      assert.equal(JSON.stringify(copy), JSON.stringify(value))
      assert.ok(deepEqual(copy, value))
    }),
  )
  const map = Object.assign(Object.create(null), { ["__proto__"]: "x" }) as JsonObject
  assert.equal(Object.getPrototypeOf(deepClone(map)), null)
  assert.equal(deepEqual({ a: undefined }, {}), true)
  assert.equal(deepEqual({ a: 1 }, { b: 1 }), false)
  assert.equal(deepEqual([], {}), false)
})

test("RFC 7386 examples hold", () => {
  const cases: readonly (readonly [unknown, unknown, unknown])[] = [
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [["a"], ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ]
  for (const [target, patch, expected] of cases) assert.deepEqual(applyMergePatch(target, patch), expected)
})

test("a created merge patch leads to its goal", () => {
  const noNull = objects.filter((value) => !JSON.stringify(value).includes("null"))
  fc.assert(
    fc.property(noNull, noNull, (from, to) => {
      assert.ok(deepEqual(applyMergePatch(from, createMergePatch(from, to)), to))
    }),
  )
})

test("JSON patches apply", () => {
  const cases: readonly (readonly [unknown, readonly PatchOperation[], unknown])[] = [
    [
      { a: 1 },
      [
        { op: "add", path: "/b", value: [1] },
        { op: "add", path: "/b/-", value: 2 },
      ],
      { a: 1, b: [1, 2] },
    ],
    [{ a: [1, 2, 3] }, [{ op: "remove", path: "/a/1" }], { a: [1, 3] }],
    [{ a: { "x/y~z": 1 } }, [{ op: "replace", path: "/a/x~1y~0z", value: 2 }], { a: { "x/y~z": 2 } }],
    [{ a: 1 }, [{ op: "move", from: "/a", path: "/b" }], { b: 1 }],
    [
      { a: { b: 1 } },
      [
        { op: "copy", from: "/a", path: "/c" },
        { op: "replace", path: "/a/b", value: 2 },
      ],
      { a: { b: 2 }, c: { b: 1 } },
    ],
    [
      { a: 1 },
      [
        { op: "test", path: "/a", value: 1 },
        { op: "replace", path: "", value: 5 },
      ],
      5,
    ],
    [{}, [{ op: "test", path: "/a", value: null }], {}],
  ]
  for (const [document, operations, expected] of cases) assert.deepEqual(applyJsonPatch(document, operations), expected)
})

test("JSON patches that do not apply say why", () => {
  const cases: readonly (readonly [unknown, PatchOperation, string])[] = [
    [
      {},
      { op: "remove", path: "/a" },
      "error in remove for path: '/a': Unable to remove nonexistent key: a: missing value",
    ],
    [
      { a: [] },
      { op: "replace", path: "/a/0", value: 1 },
      "replace operation does not apply: doc is missing key: /a/0: missing value",
    ],
    [
      {},
      { op: "add", path: "/a/b", value: 1 },
      'add operation does not apply: doc is missing path: "/a/b": missing value',
    ],
    [{ a: 1 }, { op: "test", path: "/a", value: 2 }, "testing value /a failed: test failed"],
    [
      { a: [] },
      { op: "add", path: "/a/5", value: 1 },
      "error in add for path: '/a/5': Unable to access invalid index: 5: invalid index referenced",
    ],
  ]
  for (const [document, operation, message] of cases) {
    assert.throws(
      () => applyJsonPatch(document, [operation]),
      (error: Error) => (assert.equal(error.message, message), true),
    )
  }
  assert.throws(() => readJsonPatch({}))
  // Of objects, Kubernetes' library takes what is missing for null.
  assert.deepEqual(applyJsonPatch({}, [{ op: "replace", path: "/a", value: 1 }]), { a: 1 })
  assert.deepEqual(applyJsonPatch({}, [{ op: "copy", from: "/a", path: "/b" }]), { b: null })
})

test("a JSON patch nests nothing deeper than a body may be", () => {
  const nested = (levels: number) =>
    JSON.parse(`${'{"a":'.repeat(levels - 1)}{}${"}".repeat(levels - 1)}`) as JsonObject
  const path = (levels: number) => "/a".repeat(levels)
  const add = (at: number, levels: number) => [{ op: "add", path: path(at), value: nested(levels) }] as const
  assert.deepEqual(applyJsonPatch(nested(300), add(300, DEPTH_MAX - 300)), nested(DEPTH_MAX))
  const tooDeep = { name: "PatchError", message: /^exceeded max depth: / }
  assert.throws(() => applyJsonPatch(nested(300), add(300, DEPTH_MAX - 299)), tooDeep)
  const copy = [{ op: "copy", from: "", path: path(300) }] as const
  assert.throws(() => applyJsonPatch(nested(300), copy), tooDeep)
  const move = (levels: number) =>
    applyJsonPatch({ ...nested(300), b: nested(levels) }, [{ op: "move", from: "/b", path: path(300) }])
  assert.deepEqual(move(DEPTH_MAX - 300), nested(DEPTH_MAX))
  assert.throws(() => move(DEPTH_MAX - 299), tooDeep)
})

test("a created JSON patch leads to its goal", () => {
  fc.assert(
    fc.property(objects, objects, (from, to) => {
      assert.ok(deepEqual(applyJsonPatch(from, createJsonPatch(from, to)), to))
    }),
  )
})

test("patches cannot reach a prototype", () => {
  applyMergePatch({}, JSON.parse('{"__proto__":{"polluted":1}}'))
  assert.throws(() => applyJsonPatch({}, [{ op: "add", path: "/__proto__/polluted", value: 1 }]))
  assert.throws(() => applyJsonPatch({}, [{ op: "add", path: "/constructor/prototype/polluted", value: 1 }]))
  assert.equal("polluted" in {}, false)
})
