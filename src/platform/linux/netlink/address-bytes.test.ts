import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { addressFromBytes, addressToBytes, macFromBytes, macToBytes } from "./address-bytes.ts"

const canonical = [
  ["10.244.0.1", "10.244.0.1"],
  ["::", "::"],
  ["::1", "::1"],
  ["fd00:0:0:1:0:0:0:1", "fd00:0:0:1::1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["::ffff:10.0.0.1", "::ffff:a00:1"],
  ["fe80::1%eth0", "fe80::1"],
] as const

for (const [given, want] of canonical) {
  test(`${given} is ${want}`, () => assert.equal(addressFromBytes(addressToBytes(given)), want))
}

test("every address survives the round trip", () => {
  const bytes = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  fc.assert(fc.property(bytes, (b) => assert.deepEqual(new Uint8Array(addressToBytes(addressFromBytes(b))), b)))
})

test("hardware addresses", () => {
  assert.equal(macFromBytes(macToBytes("0A:58:0a:f4:00:01")), "0a:58:0a:f4:00:01")
  assert.throws(() => macToBytes("0a:58"), /hardware address/)
  assert.throws(() => addressToBytes("10.0.0"), /IPv4 or IPv6/)
})
