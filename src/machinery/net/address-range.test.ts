import assert from "node:assert/strict"
import { test } from "node:test"
import { cidrsOf, formatRange, overlap, parseAddressRange } from "./address-range.ts"

const cases = [
  { text: "10.90.0.0/24", range: "10.90.0.1-10.90.0.254" },
  { text: "10.90.0.7/30", range: "10.90.0.5-10.90.0.6" },
  { text: "10.90.0.6/31", range: "10.90.0.6-10.90.0.7" },
  { text: "192.0.2.9/32", range: "192.0.2.9-192.0.2.9" },
  { text: "fd00::/120", range: "fd00::1-fd00::ff" },
  { text: "192.0.2.10 - 192.0.2.20", range: "192.0.2.10-192.0.2.20" },
]
for (const { text, range } of cases) {
  test(`${text} is ${range}`, () => assert.equal(formatRange(parseAddressRange(text)), range))
}

for (const text of [
  "",
  "10.90.0.0",
  "10.90.0.0/33",
  "192.0.2.20-192.0.2.10",
  "a-b",
  "192.0.2.1-2",
  "fd00::/129",
  "10.0.0.1-fd00::1",
  "1.2.3.4-1.2.3.5-1.2.3.6",
]) {
  test(`"${text}" is refused`, () => assert.throws(() => parseAddressRange(text), /expected addresses such as/))
}

const blocks = [
  { range: "192.0.2.10-192.0.2.20", cidrs: ["192.0.2.10/31", "192.0.2.12/30", "192.0.2.16/30", "192.0.2.20/32"] },
  { range: "0.0.0.0-255.255.255.255", cidrs: ["0.0.0.0/0"] },
  { range: "10.0.0.0-10.0.0.255", cidrs: ["10.0.0.0/24"] },
  { range: "fd00::10-fd00::13", cidrs: ["fd00::10/126"] },
  { range: "192.0.2.1-192.0.2.1", cidrs: ["192.0.2.1/32"] },
]
for (const { range, cidrs } of blocks) {
  test(`${range} in blocks`, () => assert.deepEqual(cidrsOf(parseAddressRange(range)), cidrs))
}

test("ranges that share one address overlap", () => {
  const of = parseAddressRange
  assert.equal(overlap(of("10.0.0.1-10.0.0.5"), of("10.0.0.5-10.0.0.9")), true)
  assert.equal(overlap(of("10.0.0.1-10.0.0.5"), of("10.0.0.6-10.0.0.9")), false)
})
