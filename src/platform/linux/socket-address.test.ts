import assert from "node:assert/strict"
import { test } from "node:test"
import { encodeSocketAddress } from "./socket-address.ts"

const cases = [
  { host: "10.1.2.3", port: 80, hex: `02000050${"0a010203"}0000000000000000` },
  { host: "::", port: 0, hex: `0a000000${"00".repeat(24)}` },
  { host: "::1", port: 65535, hex: `0a00ffff00000000${"00".repeat(15)}0100000000` },
  { host: "fd00:1::ab:10.0.0.1", port: 1, hex: `0a00000100000000${"fd000001000000000000"}00ab0a00000100000000` },
  { host: "1:2:3:4:5:6:7:8", port: 1, hex: `0a0000010000000000010002000300040005000600070008${"00000000"}` },
]
for (const { host, port, hex } of cases) {
  test(`${host} port ${port}`, () => assert.equal(encodeSocketAddress(host, port).toString("hex"), hex))
}

test("names and zones are refused", () => {
  assert.throws(() => encodeSocketAddress("localhost", 1), /expected an IPv4 or IPv6 address/)
  assert.throws(() => encodeSocketAddress("fe80::1%eth0", 1), TypeError)
})
