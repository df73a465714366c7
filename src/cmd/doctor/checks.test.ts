import assert from "node:assert/strict"
import { test } from "node:test"
import { legacyFirewall } from "./checks.ts"

test("legacy iptables matters when it filters", () => {
  assert.deepEqual(legacyFirewall(""), [])
  assert.deepEqual(legacyFirewall("nat\n"), [])
  const [finding] = legacyFirewall("nat\nfilter\n")
  assert.equal(finding?.state, "limited")
  assert.match(finding?.text ?? "", /legacy iptables is in use \(nat, filter\)/)
})
