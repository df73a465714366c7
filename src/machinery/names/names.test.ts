import assert from "node:assert/strict"
import { test } from "node:test"
import { canonicalIp, cidr, ipAddress, ipAddressAnySpelling } from "./addresses.ts"
import {
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  fullyQualifiedDomainName,
  wildcardDns1123Subdomain,
} from "./dns.ts"
import { cIdentifier, configKey, pathSegmentName, portName, portNumber, relaxedEnvironmentName } from "./identifiers.ts"
import { labelValue, qualifiedName } from "./labels.ts"

type Check = (value: string) => readonly string[]

test("good names pass", () => {
  const cases: readonly (readonly [Check, readonly string[]])[] = [
    [dns1123Label, ["a", "0", "a-1", "1--a", "a".repeat(63)]],
    [dns1123Subdomain, ["a", "a.b", "1.2", "a".repeat(253)]],
    [dns1035Label, ["a", "a-1"]],
    [wildcardDns1123Subdomain, ["*.a.b"]],
    [fullyQualifiedDomainName, ["a.b", "a.b."]],
    [qualifiedName, ["a", "A_b.c", "example.com/A"]],
    [labelValue, ["", "A", "a.b_c-d", "constructor", "a".repeat(63)]],
    [cIdentifier, ["_a1"]],
    [relaxedEnvironmentName, ["A b!", "1"]],
    [configKey, ["a", "..a".slice(1), "__proto__"]],
    [portName, ["http", "a-1", "1a"]],
    [pathSegmentName, ["a:b", ""]],
    [ipAddress, ["10.0.0.1", "::", "::1", "fe80::abc", "2001:db8:0:1:1:1:1:1"]],
    [ipAddressAnySpelling, ["FE80:0:0:0:0:0:0:0abc"]],
    [cidr, ["10.0.0.0/8", "0.0.0.0/0", "::/0", "2001:db8::/32", "10.1.2.3/32"]],
  ]
  for (const [check, values] of cases)
    for (const value of values) assert.deepEqual(check(value), [], `${check.name} ${value}`)
})

const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

test("bad names get Kubernetes' messages", () => {
  const cases: readonly (readonly [Check, string, readonly string[]])[] = [
    [dns1123Label, "A", [LABEL]],
    [dns1123Label, "a.b", ["must not contain dots"]],
    [dns1123Label, "a".repeat(64), ["must be no more than 63 characters"]],
    [dns1123Label, "a\n", [LABEL]],
    [labelValue, "a".repeat(64), ["must be no more than 63 bytes"]],
    [qualifiedName, "/a", ["prefix part must be non-empty"]],
    [
      qualifiedName,
      "",
      [
        "name part must be non-empty",
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      ],
    ],
    [portName, "-", ["must contain at least one letter (a-z)", "must not begin or end with a hyphen"]],
    [configKey, "..", ["must not be '..'"]],
    [configKey, "..a", ["must not start with '..'"]],
    [pathSegmentName, "a/b%", ["may not contain '/'", "may not contain '%'"]],
    [ipAddress, "010.0.0.1", ["must not have leading 0s"]],
    [ipAddress, "::ffff:1.2.3.4", ["must not be an IPv4-mapped IPv6 address"]],
    [ipAddress, "x", ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]],
    [ipAddress, "FE80::1", ['must be in canonical form ("fe80::1")']],
    [cidr, "10.0.0.1/24", ["must not have bits set beyond the prefix length"]],
    [cidr, "10.0.0.0/33", ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"]],
    [cidr, "10.0.0.0/08", ["must not have leading 0s in IP or prefix length"]],
  ]
  for (const [check, value, expected] of cases) assert.deepEqual(check(value), expected, `${check.name} ${value}`)
  assert.deepEqual(portNumber(0), ["must be between 1 and 65535, inclusive"])
})

test("IPv6 addresses have one canonical spelling", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["::ffff:1.2.3.4", "::ffff:102:304"],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
    ["1::", "1::"],
  ]
  for (const [text, expected] of cases) assert.equal(canonicalIp(text), expected)
})
