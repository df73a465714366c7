import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { decodeValue } from "../decode/decode.ts"
import { deepClone } from "../patch/structure.ts"
import * as f from "../schema/fields.ts"
import type { AnyStruct } from "../schema/schema.ts"
import { applyDefaults } from "./apply-defaults.ts"

const doc = { doc: "" }
const Port = f.struct(
  "x.v1.Port",
  {
    port: f.int32(1, { ...doc, required: true }),
    targetPort: f.intOrString(2, doc),
    protocol: f.string(3, { ...doc, default: "TCP" }),
  },
  { defaults: (port) => void (port.targetPort ??= port.port) },
)
const Common = f.struct(
  "x.v1.Common",
  { pull: f.string(1, doc), image: f.string(2, doc) },
  { defaults: (common) => void (common.pull ??= common.image?.endsWith(":latest") ? "Always" : "IfNotPresent") },
)
const Tree: AnyStruct = f.struct("x.v1.Tree", {
  size: f.int32(1, { ...doc, pointer: true, default: 1 }),
  children: f.list(2, () => Tree, doc),
})
const Plain = f.struct("x.v1.Plain", { text: f.string(1, doc) })
const Spec = f.struct(
  "x.v1.Spec",
  {
    replicas: f.int32(1, { ...doc, pointer: true, default: 1 }),
    ports: f.list(2, Port, doc),
    byName: f.map(3, Port, doc),
    common: f.inline(4, Common),
    tree: f.message(5, Tree, doc),
    limits: f.map(6, "quantity", { ...doc, default: { cpu: "1" } }),
    rolling: f.message(7, Tree, { ...doc, default: {} }),
    mode: f.string(8, { ...doc, always: true, default: "Fast" }),
    plain: f.message(9, Plain, doc),
    first: f.string(10, doc),
  },
  { defaults: (spec) => void (spec.first ??= `${spec.replicas}/${spec.ports?.[0]?.protocol}`) },
)

const defaulted = (value: unknown) => applyDefaults(Spec, decodeValue(Spec, value))

test("defaults reach nested structs, lists, maps and inlined structs", () => {
  const found = defaulted({
    image: "a:latest",
    ports: [{ port: 80 }, { port: 81, protocol: "UDP", targetPort: "x" }],
    byName: { __proto__: null, constructor: { port: 1 } },
    tree: { children: [{ children: [{}] }] },
  })
  assert.deepEqual(JSON.parse(JSON.stringify(found)), {
    replicas: 1,
    image: "a:latest",
    pull: "Always",
    ports: [
      { port: 80, targetPort: 80, protocol: "TCP" },
      { port: 81, targetPort: "x", protocol: "UDP" },
    ],
    byName: { constructor: { port: 1, targetPort: 1, protocol: "TCP" } },
    tree: { size: 1, children: [{ size: 1, children: [{ size: 1 }] }] },
    limits: { cpu: "1" },
    rolling: { size: 1 },
    mode: "Fast",
    first: "1/undefined",
  })
})

test("zero is kept where it differs from absence, and only there", () => {
  const found = defaulted({ replicas: 0, mode: "" })
  assert.equal(found.replicas, 0)
  assert.equal(found.mode, "Fast")
})

test("a default that is an object is never shared", () => {
  const { limits } = defaulted({})
  assert.notEqual(limits, defaulted({}).limits)
  assert.equal(Object.getPrototypeOf(limits), null)
})

test("a struct without defaults is left alone", () => {
  const value = Object.freeze({ text: "a" })
  assert.equal(applyDefaults(Plain, value), value)
})

test("applying twice changes nothing", () => {
  const port = fc.record(
    { port: fc.nat(9), protocol: fc.constantFrom("", "UDP"), targetPort: fc.oneof(fc.nat(9), fc.constant("x")) },
    { requiredKeys: [] },
  )
  const tree = fc.letrec((tie) => ({
    tree: fc.record({ size: fc.nat(2), children: fc.array(tie("tree"), { maxLength: 2 }) }, { requiredKeys: [] }),
  })).tree
  const spec = fc.record(
    {
      replicas: fc.nat(2),
      ports: fc.array(port),
      byName: fc.dictionary(fc.string(), port),
      image: fc.constantFrom("a", "a:latest"),
      tree,
      mode: fc.constantFrom("", "Slow"),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(spec, (value) => {
      const once = defaulted(value)
      assert.deepEqual(applyDefaults(Spec, deepClone(once)), once)
    }),
  )
})
