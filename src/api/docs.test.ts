import assert from "node:assert/strict"
import { test } from "node:test"
import type { AnyStruct, TypeSchema } from "../machinery/schema/schema.ts"
import { everythingDescribed } from "./testing.ts"

/** A doc is a line or two of a terminal, not a page. */
const LENGTH_MIN = 10
const LENGTH_MAX = 300

const described = await everythingDescribed()
const structs = new Map<string, AnyStruct>()
for (const { struct } of described.resources) collect(struct)
for (const struct of described.structs) collect(struct)

/** Also those of `meta.k8s.io` that a kind refers to. */
function collect(type: TypeSchema): void {
  switch (type.type) {
    case "struct":
      if (structs.has(type.name)) return
      structs.set(type.name, type)
      for (const field of type.members.values()) collect(field.type())
      break
    case "list":
      collect(type.item)
      break
    case "map":
      collect(type.value)
      break
    default:
  }
}

function flaws(doc: string): readonly string[] {
  return [
    ...(doc.length < LENGTH_MIN ? ["is too short"] : []),
    ...(doc.length > LENGTH_MAX ? [`has ${doc.length} characters, more than ${LENGTH_MAX}`] : []),
    ...(doc.endsWith(".") ? [] : ["does not end with a period"]),
    ...(doc === doc.trim() && !/\s{2}|\n/.test(doc) ? [] : ["has blanks to spare"]),
  ]
}

test("the docs of kinds, structs and fields are found at all", () => {
  assert.ok(structs.has("io.k8s.api.core.v1.Container"))
  assert.ok(structs.has("io.k8s.api.core.v1.PodLogOptions"))
  assert.ok(structs.has("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"))
})

for (const { apiVersion, kind, doc } of described.resources) {
  test(`the kind ${kind} of ${apiVersion} says what it is`, () => {
    assert.deepEqual(flaws(doc), [])
  })
}

for (const [name, struct] of structs) {
  test(`${name} and its fields say what they are for`, () => {
    const docs = [["", struct.doc] as const, ...[...struct.members].map(([field, { doc }]) => [field, doc] as const)]
    const wrong = docs.map(([field, doc]) => ({ field, doc, flaws: flaws(doc) })).filter((one) => one.flaws.length > 0)
    assert.deepEqual(wrong, [])
  })
}
