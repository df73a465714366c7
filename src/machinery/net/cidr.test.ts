import assert from "node:assert/strict"
import { test } from "node:test"
import { cidrContains, formatCidr, formatIpv4, gatewayOf, macOf, parseCidr, parseIpv4 } from "./cidr.ts"

test("ranges", () => {
  const range = parseCidr("10.244.3.7/24")
  assert.equal(formatCidr(range), "10.244.3.0/24")
  assert.equal(formatIpv4(range.last), "10.244.3.255")
  assert.equal(cidrContains(range, parseIpv4("10.244.3.255")), true)
  assert.equal(cidrContains(range, parseIpv4("10.244.4.0")), false)
  assert.equal(formatCidr(parseCidr("255.255.255.255/32")), "255.255.255.255/32")
  assert.equal(formatCidr(parseCidr("1.2.3.4/0")), "0.0.0.0/0")
  assert.equal(gatewayOf("10.244.3.0/24"), "10.244.3.1")
  assert.equal(macOf("10.244.3.1"), "0a:58:0a:f4:03:01")
})

for (const text of ["", "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/8/8", "fd00::/8"]) {
  test(`"${text}" is refused`, () => assert.throws(() => parseCidr(text), /expected an IPv4 range/))
}
