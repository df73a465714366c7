import assert from "node:assert/strict"
import { test } from "node:test"
import { IpAddressError, isIpv4Mapped, maskPrefix, parseIpAddress, parseIpPrefix, sharesPrefix } from "./ip-address.ts"

const bytes = (...last: readonly number[]) => [...Array<number>(16 - last.length).fill(0), ...last]

const addresses: readonly [string, readonly number[], string?][] = [
  ["1.2.3.4", [1, 2, 3, 4]],
  ["::", bytes()],
  ["::1", bytes(1)],
  ["1::", [0, 1, ...bytes().slice(2)]],
  ["1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]],
  ["1:2:3:4:5:6:7::", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0]],
  ["::ffff:1.2.3.4", bytes(255, 255, 1, 2, 3, 4)],
  ["::1%eth0", bytes(1), "eth0"],
]
for (const [text, expected, zone = ""] of addresses) {
  test(`reads ${text}`, () => assert.deepEqual(parseIpAddress(text), { bytes: expected, zone }))
}

const refused = [
  ["abc", "unable to parse IP"],
  ["%x", "missing IPv6 address"],
  ["01.2.3.4", "IPv4 field has octet with leading zero"],
  ["256.1.1.1", "IPv4 field has value >255"],
  ["1.2.3", "IPv4 address too short"],
  ["1.2.3.4.5", "IPv4 address too long"],
  ["1..2.3", 'IPv4 field must have at least one digit (at ".2.3")'],
  ["1.2.3.a", 'unexpected character (at "a")'],
  [":::1", 'each colon-separated field must have at least one digit (at ":1")'],
  ["12345::", 'each group must have 4 or less digits (at "12345::")'],
  ["1:", 'colon must be followed by more characters (at ":")'],
  ["1::2::3", 'multiple :: in address (at ":3")'],
  ["1:2:3:4:5:6:7", "address string too short"],
  ["1:2:3:4:5:6:7:8:9", 'trailing garbage after address (at "9")'],
  ["1:2:3:4::5:6:7:8", "the :: must expand to at least one field of zeros"],
  ["1::1.2.3", "IPv4 address too short"],
  ["::1%", "zone must be a non-empty string"],
] as const
for (const [text, message] of refused) {
  test(`refuses ${text}`, () => {
    assert.throws(() => parseIpAddress(text), new IpAddressError(`ParseAddr("${text}"): ${message}`))
  })
}

const refusedPrefixes = [
  ["10.0.0.0", "no '/'"],
  ["10.0.0.0/33", "prefix length out of range"],
  ["::1/129", "prefix length out of range"],
  ["10.0.0.0/08", 'bad bits after slash: "08"'],
  ["10.0.0.0/+8", 'bad bits after slash: "+8"'],
  ["10.0.0.0/", 'bad bits after slash: ""'],
  ["10.0.0.0/99999999999999999999", 'bad bits after slash: "99999999999999999999"'],
  ["::1%a/64", "IPv6 zones cannot be present in a prefix"],
  ["x/8", 'ParseAddr("x"): unable to parse IP'],
] as const
for (const [text, message] of refusedPrefixes) {
  test(`refuses the prefix ${text}`, () => {
    assert.throws(() => parseIpPrefix(text), new IpAddressError(`netip.ParsePrefix("${text}"): ${message}`))
  })
}

test("masks what is beyond the prefix", () => {
  const masked = (text: string) => maskPrefix(parseIpPrefix(text)).address.bytes
  assert.deepEqual(masked("10.1.2.3/8"), [10, 0, 0, 0])
  assert.deepEqual(masked("10.255.2.3/12"), [10, 240, 0, 0])
  assert.deepEqual(masked("10.1.2.3/0"), [0, 0, 0, 0])
  assert.deepEqual(masked("10.1.2.3/32"), [10, 1, 2, 3])
})

test("compares the first bits of two addresses of one family", () => {
  const shares = (left: string, right: string, bits: number) =>
    sharesPrefix(parseIpAddress(left), parseIpAddress(right), bits)
  assert.equal(shares("10.1.2.3", "10.2.3.4", 14), true)
  assert.equal(shares("10.1.2.3", "10.2.3.4", 15), false)
  assert.equal(shares("::1", "0.0.0.1", 0), false)
})

test("tells IPv4-mapped addresses", () => {
  assert.equal(isIpv4Mapped(parseIpAddress("::ffff:1.2.3.4")), true)
  assert.equal(isIpv4Mapped(parseIpAddress("::1.2.3.4")), false)
  assert.equal(isIpv4Mapped(parseIpAddress("1.2.3.4")), false)
})
