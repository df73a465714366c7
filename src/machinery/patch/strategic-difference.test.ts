import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { decodeValue } from "../decode/decode.ts"
import * as f from "../schema/fields.ts"
import { strategicMerge } from "./strategic.ts"
import { deepEqual } from "./structure.ts"

const doc = { doc: "" }
const Container = f.struct("x.v1.Container", { name: f.string(1, doc), image: f.string(2, doc) })
const Spec = f.struct("x.v1.PodSpec", {
  containers: f.list(1, Container, { ...doc, patchStrategy: "merge", mergeKey: "name" }),
  finalizers: f.list(2, "string", { ...doc, patchStrategy: "merge" }),
  replicas: f.int32(7, { ...doc, pointer: true }),
})

interface Named {
  readonly name: string
  readonly image: string
}

/** What kubectl would send to make `to` of `from`: nothing about lists that stay as they are. */
function difference(from: Shape, to: Shape): object {
  const names = new Set(to.containers.map(({ name }) => name))
  const before = new Map(from.containers.map((one) => [one.name, one]))
  return {
    ...(to.replicas !== from.replicas && { replicas: to.replicas ?? null }),
    ...(!deepEqual(from.containers, to.containers) && {
      "$setElementOrder/containers": to.containers.map(({ name }) => ({ name })),
      containers: [
        ...from.containers.filter(({ name }) => !names.has(name)).map(({ name }) => ({ name, $patch: "delete" })),
        ...to.containers.filter(({ name, image }) => before.get(name)?.image !== image),
      ],
    }),
    ...(!deepEqual(from.finalizers, to.finalizers) && {
      "$setElementOrder/finalizers": to.finalizers,
      "$deleteFromPrimitiveList/finalizers": from.finalizers.filter((one) => !to.finalizers.includes(one)),
      finalizers: to.finalizers.filter((one) => !from.finalizers.includes(one)),
    }),
  }
}

interface Shape {
  readonly containers: readonly Named[]
  readonly finalizers: readonly string[]
  readonly replicas?: number | undefined
}

test("the difference of two objects makes one of the other", () => {
  const container = fc.record({ name: fc.constantFrom("a", "b", "c", "d"), image: fc.constantFrom("1", "2") })
  const shapes: fc.Arbitrary<Shape> = fc.record({
    containers: fc.uniqueArray(container, { selector: ({ name }) => name }),
    finalizers: fc.uniqueArray(fc.constantFrom("a", "b", "c")),
    replicas: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  })
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
  fc.assert(
    fc.property(shapes, shapes, (from, to) => {
      const made = strategicMerge(Spec, decodeValue(Spec, from), difference(from, to))
      assert.deepEqual(plain(decodeValue(Spec, made)), plain(decodeValue(Spec, to)))
    }),
  )
})
