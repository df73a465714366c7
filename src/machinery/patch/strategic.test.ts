import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { decodeValue } from "../decode/decode.ts"
import * as f from "../schema/fields.ts"
import { strategicMerge } from "./strategic.ts"
import { StrategicMergeError } from "./strategic-error.ts"
import { deepClone } from "./structure.ts"

const doc = { doc: "" }
const merging = (key: string) => ({ ...doc, patchStrategy: "merge" as const, mergeKey: key })
const Port = f.struct("io.k8s.api.core.v1.ContainerPort", { port: f.int32(1, doc), protocol: f.string(2, doc) })
const Container = f.struct("io.k8s.api.core.v1.Container", {
  name: f.string(1, doc),
  image: f.string(2, doc),
  args: f.list(3, "string", doc),
  ports: f.list(4, Port, merging("port")),
})
const Strategy = f.struct("io.k8s.api.apps.v1.DeploymentStrategy", {
  type: f.string(1, doc),
  rolling: f.message(2, Port, doc),
})
const Spec = f.struct("io.k8s.api.core.v1.PodSpec", {
  containers: f.list(1, Container, merging("name")),
  finalizers: f.list(2, "string", { ...doc, patchStrategy: "merge" }),
  labels: f.map(3, "string", doc),
  strategy: f.message(4, Strategy, { ...doc, patchStrategy: "retainKeys" }),
  atomic: f.message(5, Port, { ...doc, patchStrategy: "replace" }),
  keyless: f.list(6, Port, { ...doc, patchStrategy: "merge" }),
  replicas: f.int32(7, { ...doc, pointer: true }),
  lists: f.list(8, { listOf: "string" }, { ...doc, patchStrategy: "merge" }),
  byName: f.map(9, Port, doc),
})
const names = (...all: readonly string[]) => all.map((name) => ({ name }))

const cases: readonly { name: string; live: object; patch: object; result: object }[] = [
  {
    name: "merges maps, replaces scalars and removes with null",
    live: { labels: { a: "1", b: "2" }, replicas: 1 },
    patch: { labels: { a: null, c: "3", d: null }, replicas: 2, strategy: { type: null, rolling: { port: 1 } } },
    result: { labels: { b: "2", c: "3" }, replicas: 2, strategy: { rolling: { port: 1 } } },
  },
  {
    name: "merges items by key, at every depth",
    live: {
      containers: [{ name: "a", image: "1", ports: [{ port: 1 }, { port: 2, protocol: "UDP" }] }, { name: "b" }],
    },
    patch: { containers: [{ name: "a", image: "2", ports: [{ port: 2, protocol: "TCP" }, { port: 3 }] }] },
    result: {
      containers: [
        { name: "a", image: "2", ports: [{ port: 1 }, { port: 2, protocol: "TCP" }, { port: 3 }] },
        { name: "b" },
      ],
    },
  },
  {
    name: "puts what is new where the live order leaves room",
    live: { containers: names("a", "b") },
    patch: { containers: names("c", "b") },
    result: { containers: names("c", "a", "b") },
  },
  {
    name: "replaces lists without a strategy",
    live: { containers: [{ name: "a", args: ["x", "y"] }] },
    patch: { containers: [{ name: "a", args: ["z"] }] },
    result: { containers: [{ name: "a", args: ["z"] }] },
  },
  {
    name: "deletes an item",
    live: { containers: names("a", "b") },
    patch: {
      containers: [
        { name: "a", $patch: "delete" },
        { name: "x", $patch: "delete" },
      ],
    },
    result: { containers: names("b") },
  },
  {
    name: "replaces a list",
    live: { containers: names("a", "b") },
    patch: { containers: [{ name: "c" }, { $patch: "replace" }] },
    result: { containers: names("c") },
  },
  {
    name: "replaces an object, or empties it",
    live: { strategy: { type: "a", rolling: { port: 1 } }, labels: { a: "1" } },
    patch: { strategy: { $patch: "replace", type: "b" }, labels: { $patch: "delete" } },
    result: { labels: {}, strategy: { type: "b" } },
  },
  {
    name: "a replace strategy replaces",
    live: { atomic: { port: 1, protocol: "UDP" } },
    patch: { atomic: { port: 2 } },
    result: { atomic: { port: 2 } },
  },
  {
    name: "adds to a list of scalars, without repeats",
    live: { finalizers: ["a", "b"] },
    patch: { finalizers: ["b", "c"] },
    result: { finalizers: ["a", "b", "c"] },
  },
  {
    name: "deletes scalars, and ignores that where there are none",
    live: { finalizers: ["a", "b"] },
    patch: { "$deleteFromPrimitiveList/finalizers": ["a", "x"], "$deleteFromPrimitiveList/args": ["a"] },
    result: { finalizers: ["b"] },
  },
  {
    name: "orders items",
    live: { containers: names("a", "b", "c", "d") },
    patch: { "$setElementOrder/containers": names("d", "a"), containers: [{ name: "a", image: "2" }] },
    result: { containers: [...names("b", "c", "d"), { name: "a", image: "2" }] },
  },
  {
    name: "orders and deletes, as kubectl edit does",
    live: { containers: names("a", "b", "c") },
    patch: {
      "$setElementOrder/containers": names("c", "a"),
      containers: [{ name: "b", $patch: "delete" }],
    },
    result: { containers: names("c", "a") },
  },
  {
    name: "orders scalars",
    live: { finalizers: ["a", "b"] },
    patch: {
      "$setElementOrder/finalizers": ["c", "b"],
      finalizers: ["c"],
      "$deleteFromPrimitiveList/finalizers": ["a"],
    },
    result: { finalizers: ["c", "b"] },
  },
  {
    name: "keeps only the retained keys",
    live: { strategy: { type: "Rolling", rolling: { port: 1 } } },
    patch: { strategy: { $retainKeys: ["type"], type: "Recreate" } },
    result: { strategy: { type: "Recreate" } },
  },
  {
    name: "drops directives and nulls from what is added",
    live: {},
    patch: {
      containers: [
        { name: "a", $patch: "delete" },
        { name: "b", image: null },
      ],
      "$setElementOrder/containers": names("b"),
      labels: { x: null },
      strategy: { $patch: "replace", type: "x" },
    },
    result: { containers: names("b"), labels: {} },
  },
  {
    name: "members named __proto__ are data",
    live: { labels: JSON.parse('{"__proto__":"1"}') },
    patch: { labels: JSON.parse('{"__proto__":"2","constructor":"x"}') },
    result: { labels: JSON.parse('{"__proto__":"2","constructor":"x"}') },
  },
]

for (const { name, live, patch, result } of cases) {
  test(`strategic merge: ${name}`, () => {
    const original = decodeValue(Spec, live)
    const [liveBefore, patchBefore] = [JSON.stringify(original), JSON.stringify(patch)]
    assert.equal(JSON.stringify(strategicMerge(Spec, original, patch)), JSON.stringify(result))
    assert.deepEqual([JSON.stringify(original), JSON.stringify(patch)], [liveBefore, patchBefore])
  })
}

const failures: readonly { live: object; patch: unknown; message: string; code: number }[] = [
  {
    live: {},
    patch: [],
    message: "json: cannot unmarshal array into Go value of type map[string]interface {}",
    code: 400,
  },
  {
    live: { containers: names("a") },
    patch: { containers: [{ image: "x", args: ["y", "z"] }] },
    message: "map: map[args:[y z] image:x] does not contain declared merge key: name",
    code: 500,
  },
  {
    live: { containers: names("a") },
    patch: { containers: [{ name: "a", $patch: "merge" }] },
    message: "merging lists cannot yet be specified in the patch",
    code: 500,
  },
  {
    live: { containers: names("a") },
    patch: { containers: [{ name: "a", $patch: "x" }] },
    message: "unknown patch type: x in map: map[$patch:x name:a]",
    code: 500,
  },
  {
    live: {},
    patch: { strategy: { a: { $retainKeys: 1 } }, $retainKeys: 1 },
    message: "invalid patch format of retainKeys",
    code: 400,
  },
  { live: {}, patch: { $retainKeys: [], replicas: 1 }, message: "invalid patch format of retainKeys", code: 400 },
  { live: {}, patch: { $setElementOrder: [] }, message: "invalid patch format of setElementOrder list", code: 400 },
  { live: {}, patch: { $deleteFromPrimitiveList: [] }, message: "invalid patch format of primitive list", code: 400 },
  {
    live: { containers: names("a") },
    patch: { containers: names("b"), "$setElementOrder/containers": names("a") },
    message: "The order in patch list:\n[map[name:b]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n",
    code: 500,
  },
  {
    live: {},
    patch: { "$setElementOrder/containers": "a" },
    message: "expected a []interface {}, but received a string",
    code: 500,
  },
  {
    live: {},
    patch: { "$setElementOrder/other": [] },
    message: 'unable to find api field in struct PodSpec for the json field "other"',
    code: 500,
  },
  {
    live: { keyless: [{ port: 1 }] },
    patch: { keyless: [{ port: 1 }] },
    message: "cannot merge lists without merge key for struct",
    code: 500,
  },
  {
    live: { finalizers: ["a"] },
    patch: { finalizers: [1] },
    message: "list element types are not identical: [[a] [1]]",
    code: 500,
  },
  { live: { lists: [["a"]] }, patch: { lists: [["a"]] }, message: "unexpected slice of slice", code: 500 },
  {
    live: { finalizers: ["a"] },
    patch: { finalizers: [["a"]] },
    message: "list element types are not identical: [[a] [[a]]]",
    code: 500,
  },
  {
    live: { byName: { a: { port: 1 } } },
    patch: { byName: { a: { port: 2 } } },
    message: "merging an object in json but data type is not struct, instead is: map",
    code: 500,
  },
]

for (const { live, patch, message, code } of failures) {
  test(`strategic merge refuses: ${message.split("\n", 1)[0]} (${JSON.stringify(patch)})`, () => {
    assert.throws(
      () => strategicMerge(Spec, decodeValue(Spec, live), patch),
      (error: Error) => {
        assert.ok(error instanceof StrategicMergeError)
        assert.deepEqual([error.message, error.code], [message, code])
        return true
      },
    )
  })
}

test("patching twice changes nothing more", () => {
  const container = fc.record({ name: fc.constantFrom("a", "b", "c", "d"), image: fc.constantFrom("1", "2") })
  const containers = fc.uniqueArray(container, { selector: ({ name }) => name })
  const finalizers = fc.uniqueArray(fc.constantFrom("a", "b", "c"))
  const spec = fc.record({ containers, finalizers }, { requiredKeys: [] })
  fc.assert(
    fc.property(spec, spec, (live, patch) => {
      const once = strategicMerge(Spec, decodeValue(Spec, live), patch)
      assert.deepEqual(strategicMerge(Spec, deepClone(once), patch), once)
    }),
  )
})
