import assert from "node:assert/strict"
import { test } from "node:test"
import { furtherNames } from "./search-path.ts"

const cases: readonly [name: string, names: readonly string[]][] = [
  [
    "www.example.com.shop.svc.cluster.local",
    [
      "www.example.com.svc.cluster.local",
      "www.example.com.cluster.local",
      "www.example.com.corp.example",
      "www.example.com",
    ],
  ],
  ["db.shop.svc.cluster.local", ["db.svc.cluster.local", "db.cluster.local", "db.corp.example", "db"]],
  ["a.b.c.d.e.f.shop.svc.cluster.local", []],
  ["db.other.svc.cluster.local", []],
  ["shop.svc.cluster.local", []],
  ["db.svc.cluster.local", []],
  ["www.example.com", []],
]
for (const [name, names] of cases) {
  test(`after ${name}`, () => assert.deepEqual(furtherNames(name, "shop", "cluster.local", ["corp.example"]), names))
}

test("what is too long with a further domain, or no name with it, is left out", () => {
  const long = Array.from({ length: 4 }, () => "a".repeat(56)).join(".")
  const searches = ["b".repeat(24), "b".repeat(25), "c..d", "e".repeat(64)]
  assert.deepEqual(furtherNames(`${long}.s.svc.x`, "s", "x", searches), [
    `${long}.svc.x`,
    `${long}.x`,
    `${long}.${"b".repeat(24)}`,
    `${long}.${"b".repeat(25)}`,
    long,
  ])
  assert.deepEqual(furtherNames(`${long}.s.svc.x`, "s", "x", ["b".repeat(26)]).length, 3)
})
