import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { FieldSet } from "./field-set.ts"
import { decodeFields, encodeFields } from "./fields-v1.ts"
import { mergeTypeOf } from "./merge-type.ts"
import { fieldElement, keyElement, valueElement } from "./path-element.ts"
import { App, app } from "./testing.ts"
import { toFieldSet } from "./to-field-set.ts"

const steps = fc.oneof(
  fc.constantFrom("a", "b", "__proto__", ".").map(fieldElement),
  fc.constantFrom<string | number | boolean>("x", 10, 9, true, "<").map(valueElement),
  fc.tuple(fc.constantFrom("k", "l"), fc.constantFrom<string | number>("x", 80)).map((key) => keyElement([key])),
)
const paths = fc.array(fc.array(steps, { minLength: 1, maxLength: 3 }), { maxLength: 8 })
const sets = paths.map((all) => FieldSet.of(...all))
const texts = (set: FieldSet) => new Set([...set.paths()].map((path) => JSON.stringify(path)))
const sorted = (set: ReadonlySet<string>) => [...set].sort()

test("field sets behave as sets of paths", () => {
  fc.assert(
    fc.property(sets, sets, (a, b) => {
      const [left, right] = [texts(a), texts(b)]
      assert.deepEqual(sorted(texts(a.union(b))), sorted(left.union(right)))
      assert.deepEqual(sorted(texts(a.intersection(b))), sorted(left.intersection(right)))
      assert.deepEqual(sorted(texts(a.difference(b))), sorted(left.difference(right)))
      const outside = [...a.paths()].filter((path) => !path.some((_, i) => b.has(path.slice(0, i + 1))))
      assert.deepEqual(sorted(texts(a.recursiveDifference(b))), outside.map((path) => JSON.stringify(path)).sort())
      assert.equal(a.equals(b), sorted(left).join() === sorted(right).join())
      assert.equal(a.isEmpty, left.size === 0)
    }),
  )
})

test("fieldsV1 holds every set", () => {
  fc.assert(
    fc.property(sets, (set) => {
      const encoded = encodeFields(set)
      assert.ok(decodeFields(JSON.parse(JSON.stringify(encoded))).equals(set))
      assert.equal(JSON.stringify(encodeFields(decodeFields(encoded))), JSON.stringify(encoded))
    }),
  )
})

test("fieldsV1 is ordered and keys are spelled in one way", () => {
  const fields = {
    'k:{"port":443,"protocol":"TCP"}': {},
    'k:{"protocol":"TCP","port":80}': { "f:x": {} },
    "f:b": {},
    "f:a": {},
    'v:"z"': {},
    "z:1": {},
  }
  assert.equal(
    JSON.stringify(encodeFields(decodeFields(fields))),
    JSON.stringify({
      "f:a": {},
      "f:b": {},
      'k:{"port":80,"protocol":"TCP"}': { "f:x": {} },
      'k:{"port":443,"protocol":"TCP"}': {},
      'v:"z"': {},
    }),
  )
  assert.throws(() => decodeFields({ x: {} }), SyntaxError)
})

test("an object mentions its leaves, its items and its map entries", () => {
  const object = app({
    replicas: null,
    selector: { matchLabels: { a: "b" } },
    containers: [
      { name: "a", image: "x", args: [], ports: [{ port: 80 }, { port: 80, protocol: "UDP" }], limits: { cpu: "1" } },
    ],
    strategy: {},
    hosts: ["x", 'y"'],
    nodeSelector: { a: "b" },
    raw: { a: { b: 1 } },
  })
  assert.equal(
    toFieldSet(mergeTypeOf(App), object).below(fieldElement("spec")).toString(),
    [
      ".nodeSelector",
      ".raw",
      ".replicas",
      ".selector",
      ".strategy",
      '.containers[name="a"]',
      '.containers[name="a"].args',
      '.containers[name="a"].image',
      '.containers[name="a"].name',
      '.containers[name="a"].limits.cpu',
      '.containers[name="a"].ports[port=80,protocol="TCP"]',
      '.containers[name="a"].ports[port=80,protocol="UDP"]',
      '.containers[name="a"].ports[port=80,protocol="TCP"].port',
      '.containers[name="a"].ports[port=80,protocol="UDP"].port',
      '.containers[name="a"].ports[port=80,protocol="UDP"].protocol',
      '.hosts[="x"]',
      '.hosts[="y\\""]',
    ].join("\n"),
  )
})
