import assert from "node:assert/strict"
import { test } from "node:test"
import { findByPath } from "./find.ts"
import { JsonPathError, parseJsonPath } from "./parse.ts"
import { printFound } from "./print.ts"

const object = {
  metadata: { name: "web", labels: { "app.kubernetes.io/name": "shop" } },
  spec: { replicas: 3, ratio: 0.5, ports: [80, 443, 8080], on: true },
  status: {
    conditions: [
      { type: "Ready", status: "True", weight: 2 },
      { type: "Synced", status: "False", weight: 5 },
    ],
  },
}

const cases: readonly (readonly [path: string, found: readonly unknown[]])[] = [
  [".spec.replicas", [3]],
  [".spec.missing.deep", []],
  ["$.metadata.name", ["web"]],
  [".metadata.labels.app\\.kubernetes\\.io/name", ["shop"]],
  [".metadata.labels['app\\.kubernetes\\.io/name']", ["shop"]],
  [".spec.ports[0]", [80]],
  [".spec.ports[-1]", [8080]],
  [".spec.ports[-2]", [443]],
  [".spec.ports[1:]", [443, 8080]],
  [".spec.ports[0:3:2]", [80, 8080]],
  [".spec.ports[*]", [80, 443, 8080]],
  [".spec.ports[0,2]", [80, 8080]],
  [".spec['replicas','ratio']", [3, 0.5]],
  ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
  [".status.conditions[?(@.type=='Synced')].status", ["False"]],
  [".status.conditions[?(@.type!='Ready')].type", ["Synced"]],
  [".status.conditions[?(@.weight>=3)].type", ["Synced"]],
  [".status.conditions[?(@.missing)].type", []],
  [".status.conditions[?(@.weight)].type", ["Ready", "Synced"]],
  ["..status", [object.status, "True", "False"]],
  [".spec.on", [true]],
]
for (const [path, found] of cases) {
  test(`finds ${path}`, () => assert.deepEqual(findByPath(parseJsonPath(path), object), found))
}

for (const path of [".spec.ports[7]", ".spec.replicas[0]", '.status.conditions[?(@.weight=="2")].type']) {
  test(`cannot look at ${path}`, () => assert.throws(() => findByPath(parseJsonPath(path), object), JsonPathError))
}

for (const path of [".spec[", ".spec[x]", ".a[?(@.b", ".spec #", ".spec.a (b)", "....a"]) {
  test(`does not parse ${path}`, () => {
    assert.throws(() => findByPath(parseJsonPath(path), []), JsonPathError)
  })
}

test("prints what was found as Go does", () => {
  const printed = [null, "text", 3, 0.5, 1e-7, 1e21, 0.00001, true, { a: [1] }].map(printFound)
  assert.deepEqual(printed, ["null", "text", "3", "0.5", "1e-07", "1e+21", "1e-05", "true", '{"a":[1]}'])
})
