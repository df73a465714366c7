import assert from "node:assert/strict"
import { test } from "node:test"
import { FORMATS, formatName, isKnownFormat } from "./formats.ts"

const cases: readonly (readonly [format: string, good: readonly string[], bad: readonly string[]])[] = [
  ["bsonobjectid", ["507f1f77bcf86cd799439011"], ["", "507f1f77bcf86cd79943901g"]],
  [
    "uri",
    ["http://a.b/c?d", "/a", "urn:x", "*", "http://[::1]:80/"],
    ["", "a", "http://a b/", "http://a:b/", ":x", "/%zz"],
  ],
  ["email", ["a@b.c", "A <a@b.c>", '"x y"@b.c'], ["", "a", "a@", "a@b c", "@b"]],
  ["hostname", ["a", "a-b.example.com", "xn--a.com"], ["", "-a", "a_b", `${"a".repeat(64)}.com`]],
  ["ipv4", ["1.2.3.4", "010.0.0.1", "::ffff:1.2.3.4"], ["", "1.2.3", "::1", "1.2.3.256"]],
  ["ipv6", ["::1", "fe80::1", "::ffff:1.2.3.4"], ["", "1.2.3.4", "fe80::1%eth0", ":::"]],
  ["cidr", ["10.0.0.0/8", "::/0", "10.0.0.1/08"], ["", "10.0.0.0", "10.0.0.0/33", "a/8"]],
  ["mac", ["00:11:22:aa:BB:cc", "00-11-22-33-44-55", "0011.2233.4455"], ["", "00:11:22:33:44", "0011.2233.445"]],
  ["uuid", ["3FA85F64-5717-4562-b3fc-2c963f66afa6", "3fa85f6457174562b3fc2c963f66afa6"], ["", "3fa85f64"]],
  ["uuid4", ["3fa85f64-5717-4562-b3fc-2c963f66afa6"], ["3fa85f64-5717-3562-b3fc-2c963f66afa6"]],
  ["isbn", ["0321751043", "978-0321751041", "043942089X"], ["", "0321751044", "978-0321751042"]],
  ["creditcard", ["4111 1111 1111 1111"], ["", "4111 1111 1111 1112"]],
  ["ssn", ["111-22-3333"], ["", "111223333", "111-22-333a"]],
  ["hexcolor", ["#fff", "FFFFFF"], ["", "#ffff"]],
  ["rgbcolor", ["rgb(1, 2,255)"], ["", "rgb(1,2,256)"]],
  ["byte", ["YQ==", "abcd"], ["", "YQ=", "a-b="]],
  ["date", ["2024-02-29"], ["", "2023-02-29", "2024-1-1"]],
  ["date-time", ["2024-01-02T03:04:05Z", "2024-01-02t03:04:05.6+01:00"], ["", "2024-01-02", "2024-01-02T24:00:00Z"]],
  ["duration", ["1h", "-1.5s", "5 minutes", "2w", "0"], ["", "x", "5", "5 fortnights"]],
  ["k8s-short-name", ["a-1"], ["", "A", "a.b", "a".repeat(64)]],
  ["k8s-long-name", ["a.b-1"], ["", "A", "a..b", "a".repeat(254)]],
]
for (const [format, good, bad] of cases) {
  test(`format ${format}`, () => {
    const accepts = FORMATS.get(formatName(format))
    assert.deepEqual(
      good.filter((text) => !accepts?.(text)),
      [],
    )
    assert.deepEqual(
      bad.filter((text) => accepts?.(text) !== false),
      [],
    )
  })
}

test("formats are known by type", () => {
  assert.ok(isKnownFormat("date-time", "string") && isKnownFormat("datetime", "") && isKnownFormat("int32", "integer"))
  assert.ok(!isKnownFormat("int32", "string") && !isKnownFormat("date", "integer") && !isKnownFormat("date", "object"))
})

test("no text takes long", () => {
  const hostile = ["a".repeat(50_000), "1".repeat(50_000), `${"a.".repeat(25_000)}!`, `${'"a" '.repeat(10_000)}<`]
  for (const accepts of FORMATS.values()) for (const text of hostile) assert.equal(typeof accepts(text), "boolean")
})

test("a long text that is no duration is refused at once", () => {
  // A pattern that is tried at every place of it would take hours.
  const isDuration = FORMATS.get("duration")
  assert.equal(isDuration?.("1".repeat(1 << 20)), false)
  assert.equal(isDuration?.(`${"1".repeat(1 << 20)} sec`), true)
})
