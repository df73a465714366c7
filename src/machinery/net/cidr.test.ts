import assert from "node:assert/strict"
import { test } from "node:test"
import { cidrContains, formatAddress, formatCidr, gatewayOf, hostCidr, macOf, parseAddress, parseCidr } from "./cidr.ts"

test("ranges", () => {
  const range = parseCidr("10.244.3.7/24")
  assert.equal(formatCidr(range), "10.244.3.0/24")
  assert.equal(formatAddress(range.last), "10.244.3.255")
  assert.equal(cidrContains(range, parseAddress("10.244.3.255")), true)
  assert.equal(cidrContains(range, parseAddress("10.244.4.0")), false)
  assert.equal(formatCidr(parseCidr("255.255.255.255/32")), "255.255.255.255/32")
  assert.equal(formatCidr(parseCidr("1.2.3.4/0")), "0.0.0.0/0")
  assert.equal(gatewayOf("10.244.3.0/24"), "10.244.3.1")
  assert.equal(macOf("10.244.3.1"), "0a:58:0a:f4:03:01")
})

test("ranges of IPv6", () => {
  const range = parseCidr("fd00:10:244:3::7/64")
  assert.equal(formatCidr(range), "fd00:10:244:3::/64")
  assert.equal(formatAddress(range.last), "fd00:10:244:3:ffff:ffff:ffff:ffff")
  assert.equal(cidrContains(range, parseAddress("fd00:10:244:3::1:0")), true)
  assert.equal(cidrContains(range, parseAddress("fd00:10:244:4::")), false)
  assert.equal(formatCidr(parseCidr("::1/0")), "::/0")
  assert.equal(gatewayOf("fd00:10:244:3::/64"), "fd00:10:244:3::1")
  assert.equal(macOf("fd00:10:244:3::1:2"), "0a:58:00:01:00:02")
  assert.deepEqual([hostCidr("10.0.0.1"), hostCidr("fd00::1")], ["10.0.0.1/32", "fd00::1/128"])
})

test("no address of one family lies in a range of the other", () => {
  assert.equal(cidrContains(parseCidr("::/0"), parseAddress("10.0.0.1")), false)
  assert.equal(cidrContains(parseCidr("0.0.0.0/0"), parseAddress("fd00::1")), false)
  assert.equal(cidrContains(parseCidr("fd00::/8"), parseAddress("10.0.0.1")), false)
})

for (const text of ["", "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/8/8", "fd00::/129", "fd00::1%eth0/64"]) {
  test(`"${text}" is refused`, () => assert.throws(() => parseCidr(text), /expected a range/))
}
