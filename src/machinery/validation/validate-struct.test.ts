import assert from "node:assert/strict"
import { test } from "node:test"
import { decodeValue } from "../decode/decode.ts"
import { formatFieldError, invalid } from "../field/error.ts"
import { FieldPath } from "../field/path.ts"
import { dns1123Label } from "../names/dns.ts"
import { configKey } from "../names/identifiers.ts"
import * as f from "../schema/fields.ts"
import type { AnyStruct } from "../schema/schema.ts"
import { validateStruct } from "./validate-struct.ts"
import { validateUpdate } from "./validate-update.ts"

const doc = { doc: "" }
const label = { name: "dns-label", check: dns1123Label }
const key = { name: "config-key", check: configKey }
const Volume = f.struct(
  "x.v1.Volume",
  {
    name: f.string(1, { ...doc, nonEmpty: true }),
    emptyDir: f.message(2, () => Empty, doc),
    hostPath: f.message(3, () => Empty, doc),
    size: f.int64(4, { ...doc, immutable: true }),
  },
  { unions: [{ members: ["emptyDir", "hostPath"], required: true }] },
)
const Empty: AnyStruct = f.struct("x.v1.Empty", { text: f.string(1, doc) })
const Bounds = f.struct(
  "x.v1.Bounds",
  {
    low: f.int32(1, { ...doc, min: 0 }),
    port: f.int64(2, { ...doc, min: 1, max: 65535 }),
    high: f.int32(3, { ...doc, max: 5 }),
  },
  { unions: [{ members: ["low", "high"] }] },
)
const Spec = f.struct(
  "x.v1.Spec",
  {
    policy: f.string(1, { ...doc, enum: ["Never", "Always"] }),
    title: f.string(2, { ...doc, maxLength: 3 }),
    host: f.string(3, { ...doc, format: label }),
    volumes: f.list(4, Volume, { ...doc, listType: "map", mapKeys: ["name"], unique: true }),
    tags: f.list(5, "string", { ...doc, listType: "set", unique: true, format: label, minItems: 1, maxItems: 4 }),
    data: f.map(6, "string", { ...doc, keyFormat: key, format: label }),
    bounds: f.map(7, Bounds, doc),
    inline: f.inline(8, Bounds),
    items: f.list(9, "string", { ...doc, nonEmpty: true }),
    pairs: f.list(10, Bounds, { ...doc, listType: "map", mapKeys: ["low", "port"], unique: true }),
    type: f.string(11, { ...doc, immutable: true }),
    tree: f.message(12, () => Tree, doc),
  },
  { validate: (spec, path) => (spec.title === "no" ? [invalid(path.child("title"), "no", "is not nice")] : []) },
)
const Tree: AnyStruct = f.struct("x.v1.Tree", {
  children: f.list(1, () => Tree, doc),
  depth: f.int32(2, { ...doc, max: 1 }),
})

const LABEL_TAIL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const CONFIG_KEY_TAIL =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"

const cases: readonly { name: string; value: object; errors: readonly string[] }[] = [
  { name: "a good value", value: { policy: "Always", tags: ["a", "b"], low: 1 }, errors: [] },
  {
    name: "an unsupported value",
    value: { policy: "x" },
    errors: ['spec.policy: Unsupported value: "x": supported values: "Always", "Never"'],
  },
  {
    name: "a long text, counted in characters",
    value: { title: "🎉🎉🎉🎉" },
    errors: ["spec.title: Too long: may not be more than 3 characters"],
  },
  { name: "characters, not UTF-16 units", value: { title: "🎉🎉🎉" }, errors: [] },
  { name: "a format", value: { host: "A" }, errors: [`spec.host: Invalid value: "A": ${LABEL_TAIL}`] },
  {
    name: "bounds, also of an inlined struct and of structs in maps",
    value: { low: -1, bounds: { a: { port: 70000 }, b: { high: 6 } } },
    errors: [
      "spec.bounds[a].port: Invalid value: 70000: must be between 1 and 65535, inclusive",
      "spec.bounds[b].high: Invalid value: 6: must be less than or equal to 5",
      "spec.low: Invalid value: -1: must be greater than or equal to 0",
    ],
  },
  {
    name: "repeated items",
    value: {
      tags: ["a", "b", "a"],
      volumes: [
        { name: "v", emptyDir: {} },
        { name: "v", hostPath: {} },
      ],
      pairs: [
        { low: 1, port: 2 },
        { low: 1, port: 3 },
        { port: 2, low: 1 },
      ],
    },
    errors: [
      'spec.volumes[1].name: Duplicate value: "v"',
      'spec.tags[2]: Duplicate value: "a"',
      'spec.pairs[2]: Duplicate value: {"low":1,"port":2}',
    ],
  },
  {
    name: "too many items, and each bad one",
    value: { tags: ["a", "b", "c", "d", "-"] },
    errors: ["spec.tags: Too many: 5: must have at most 4 items", `spec.tags[4]: Invalid value: "-": ${LABEL_TAIL}`],
  },
  {
    name: "keys and values of maps",
    value: { data: { "a b": "x", c: "-" } },
    errors: [
      `spec.data[a b]: Invalid value: "a b": ${CONFIG_KEY_TAIL}`,
      `spec.data[c]: Invalid value: "-": ${LABEL_TAIL}`,
    ],
  },
  {
    name: "unions and required members",
    value: { volumes: [{ name: "" }, { name: "x", emptyDir: {}, hostPath: {} }], low: 1, high: 2 },
    errors: [
      "spec.volumes[0].name: Required value",
      'spec.volumes[0]: Invalid value: "": must specify one of: `emptyDir`, `hostPath`',
      'spec.volumes[1]: Invalid value: "{emptyDir, hostPath}": must specify exactly one of: `emptyDir`, `hostPath`',
      'spec: Invalid value: "{low, high}": must specify at most one of: `low`, `high`',
    ],
  },
  { name: "the struct's own rules", value: { title: "no" }, errors: ['spec.title: Invalid value: "no": is not nice'] },
  {
    name: "recursive structs",
    value: { tree: { children: [{ children: [{ depth: 2 }] }] } },
    errors: ["spec.tree.children[0].children[0].depth: Invalid value: 2: must be less than or equal to 1"],
  },
]

for (const { name, value, errors } of cases) {
  test(`validation reports ${name}`, () => {
    const decoded = decodeValue(Spec, { items: ["x"], ...value })
    assert.deepEqual(
      validateStruct(Spec, decoded, FieldPath.root("spec")).map(formatFieldError).sort(),
      errors.toSorted(),
    )
  })
}

test("an absent list that must not be empty is required", () => {
  const errors = validateStruct(Spec, decodeValue(Spec, {}), FieldPath.root("spec"))
  assert.deepEqual(errors.map(formatFieldError), ["spec.items: Required value"])
})

test("immutable fields may not change, also in lists of type map", () => {
  const volume = (name: string, size: number) => ({ name, size })
  const old = decodeValue(Spec, { type: "a", volumes: [volume("x", 1), volume("y", 2)] })
  const same = decodeValue(Spec, { type: "a", volumes: [volume("y", 2), volume("new", 9), volume("x", 1)], title: "t" })
  const changed = decodeValue(Spec, { volumes: [volume("y", 3)] })
  assert.deepEqual(validateUpdate(Spec, same, old, FieldPath.root("spec")), [])
  assert.deepEqual(validateUpdate(Spec, changed, old, FieldPath.root("spec")).map(formatFieldError), [
    "spec.volumes[0].size: Invalid value: 3: field is immutable",
    "spec.type: Invalid value: null: field is immutable",
  ])
})
