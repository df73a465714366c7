import assert from "node:assert/strict"
import { test } from "node:test"
import { decodeValue } from "../decode/decode.ts"
import { formatFieldError } from "../field/error.ts"
import { FieldPath } from "../field/path.ts"
import { ObjectMeta } from "../meta/object-meta.ts"
import { dns1035Label } from "../names/dns.ts"
import { validateLabelSelector } from "./labels.ts"
import { validateObjectMeta, validateObjectMetaUpdate } from "./object-meta.ts"

const meta = (value: object) => decodeValue(ObjectMeta, value)
const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid: "u" }
const good = { name: "a", namespace: "default" }
const LABEL_KEY =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const DNS_1035 =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"

const cases: readonly { name: string; value: object; rules?: object; errors: readonly string[] }[] = [
  { name: "nothing", value: { ...good, annotations: { "Example.com/A": "x" }, generateName: "a-" }, errors: [] },
  {
    name: "a missing name and namespace",
    value: {},
    errors: ["metadata.name: Required value: name or generateName is required", "metadata.namespace: Required value"],
  },
  {
    name: "the format of the kind",
    value: { ...good, name: "1" },
    rules: { nameFormat: { name: "label", check: dns1035Label } },
    errors: [`metadata.name: Invalid value: "1": ${DNS_1035}`],
  },
  {
    name: "a namespace on a kind without",
    value: good,
    rules: { namespaced: false },
    errors: ["metadata.namespace: Forbidden: not allowed on this type"],
  },
  {
    name: "labels",
    value: { ...good, labels: { "-": "b" } },
    errors: [`metadata.labels: Invalid value: "-": ${LABEL_KEY}`],
  },
  {
    name: "large annotations",
    value: { ...good, annotations: { a: "x".repeat(256 * 1024) } },
    errors: ["metadata.annotations: Too long: may not be more than 262144 bytes"],
  },
  {
    name: "owners",
    value: {
      ...good,
      ownerReferences: [
        { ...owner, uid: "", controller: true },
        { ...owner, kind: "Event" },
      ],
    },
    errors: [
      'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
      'metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"p","uid":"u"}: /v1, Kind=Event is disallowed from being an owner',
    ],
  },
  {
    name: "finalizers",
    value: { ...good, finalizers: ["orphan", "foregroundDeletion"] },
    errors: [
      'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
    ],
  },
  {
    name: "managed fields",
    value: { ...good, managedFields: [{ operation: "Merge", manager: "a\n" }] },
    errors: [
      'metadata.managedFields[0].operation: Invalid value: "Merge": must be `Apply` or `Update`',
      'metadata.managedFields[0].manager: Invalid value: "a\\n": invalid character U+000A (at position 1)',
    ],
  },
]

for (const { name, value, rules, errors } of cases) {
  test(`metadata: ${name}`, () => {
    const found = validateObjectMeta(meta(value), { namespaced: true, ...rules })
    assert.deepEqual(found.map(formatFieldError), errors)
  })
}

test("two controllers are refused", () => {
  const ownerReferences = [
    { ...owner, controller: true },
    { ...owner, name: "q", controller: true },
  ]
  const [error] = validateObjectMeta(meta({ ...good, ownerReferences }), { namespaced: true })
  assert.match(error?.body ?? "", /Found "true" in references for Pod\/p and Pod\/q$/)
})

test("an update may not change identity", () => {
  const old = meta({
    ...good,
    uid: "u",
    resourceVersion: "5",
    generation: 3,
    deletionTimestamp: "2026-01-01T00:00:00Z",
    finalizers: ["x/a"],
  })
  const changed = meta({ name: "b", namespace: "default", uid: "v", generation: 2, finalizers: ["x/a", "x/b"] })
  assert.deepEqual(validateObjectMetaUpdate(changed, old).map(formatFieldError), [
    'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x/b"}',
    'metadata.resourceVersion: Invalid value: "": must be specified for an update',
    "metadata.generation: Invalid value: 2: must not be decremented",
    'metadata.name: Invalid value: "b": field is immutable',
    'metadata.uid: Invalid value: "v": field is immutable',
    "metadata.deletionTimestamp: Invalid value: null: field is immutable",
  ])
  assert.deepEqual(validateObjectMetaUpdate(old, old), [])
})

test("label selectors", () => {
  const selector = {
    matchLabels: { a: "b" },
    matchExpressions: [
      { key: "a", operator: "In" },
      { key: "a", operator: "Exists", values: ["x"] },
      { key: "a", operator: "Like" },
    ],
  }
  assert.deepEqual(validateLabelSelector(selector, FieldPath.root("spec", "selector")).map(formatFieldError), [
    "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    "spec.selector.matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
    'spec.selector.matchExpressions[2].operator: Invalid value: "Like": not a valid selector operator',
  ])
})
