import assert from "node:assert/strict"
import { test } from "node:test"
import { DEFAULT_DNS_SETTINGS, readDnsSettings, serversFor } from "./dns-settings.ts"

test("stub domains, upstream servers and autopath are read", () => {
  const { settings, problems } = readDnsSettings({
    stubDomains:
      '{"Acme.Example.": ["192.0.2.1", "192.0.2.2:5353"], "in.acme.example": ["[2001:db8::1]:53"], "__proto__": ["192.0.2.9"]}',
    upstreamNameservers: '["2001:db8::2"]',
    autopath: "true",
  })
  assert.deepEqual(problems, [])
  assert.equal(settings.autopath, true)
  const cases: readonly [name: string, servers: unknown][] = [
    ["acme.example", [{ address: "192.0.2.1" }, { address: "192.0.2.2", port: 5353 }]],
    ["www.acme.example", [{ address: "192.0.2.1" }, { address: "192.0.2.2", port: 5353 }]],
    ["db.in.acme.example", [{ address: "2001:db8::1", port: 53 }]],
    ["pacme.example", [{ address: "2001:db8::2" }]],
    ["__proto__", [{ address: "192.0.2.9" }]],
    ["example", [{ address: "2001:db8::2" }]],
    ["", [{ address: "2001:db8::2" }]],
  ]
  for (const [name, servers] of cases) assert.deepEqual(serversFor(name, settings), servers, name)
})

test("without settings the node's own servers are asked", () => {
  assert.equal(serversFor("www.example", readDnsSettings({}).settings), undefined)
})

const wrong: readonly [key: string, text: string, problem: RegExp][] = [
  ["stubDomains", "[]", /expected an object/],
  ["stubDomains", "{", /JSON/],
  ["stubDomains", '{"a..b": ["192.0.2.1"]}', /"a\.\.b" is no domain name/],
  ["stubDomains", '{"a.b": []}', /expected a list/],
  ["stubDomains", '{"a.b": ["ns.example"]}', /"ns.example" is no IP address/],
  ["upstreamNameservers", '["192.0.2.1:0"]', /is no IP address/],
  ["upstreamNameservers", '["192.0.2.1:65536"]', /is no IP address/],
  ["upstreamNameservers", '["2001:db8::1:x"]', /is no IP address/],
  ["upstreamNameservers", '["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"]', /at most 3/],
  ["autopath", "yes", /neither true nor false/],
  ["federations", "{}", /unknown key/],
]
for (const [key, text, problem] of wrong) {
  test(`a wrong ${key} counts as absent and is told: ${text}`, () => {
    const { settings, problems } = readDnsSettings({ [key]: text })
    assert.deepEqual(settings, DEFAULT_DNS_SETTINGS)
    assert.equal(problems.length, 1)
    assert.match(problems[0] ?? "", problem)
    assert.ok(problems[0]?.startsWith(`data[${key}]: `))
  })
}
