import assert from "node:assert/strict"
import { test } from "node:test"
import { capabilityNames, parseCapabilities, readCapabilities } from "./capabilities.ts"

test("every capability but one", () => {
  const { effective, bounding } = parseCapabilities(
    "Name:\tnode\nCapEff:\t000001fffeffffff\nCapBnd:\t0000000000000401\n",
  )
  assert.deepEqual(
    capabilityNames.filter((name) => !effective.has(name)),
    ["SYS_RESOURCE"],
  )
  assert.deepEqual([...bounding], ["CHOWN", "NET_BIND_SERVICE"])
})

test("a status without capabilities is an error", () => {
  assert.throws(() => parseCapabilities("Name:\tnode\n"), /expected a line CapEff/)
})

test("this process's capabilities can be read, and it has none outside the bounding set", () => {
  const { effective, bounding } = readCapabilities()
  assert(effective.isSubsetOf(bounding))
})
