import assert from "node:assert/strict"
import { test } from "node:test"
import { examineCluster } from "./cluster-checks.ts"

const DAY_MS = 86_400_000
const NOW_MS = Date.UTC(2027, 0, 1)
const certificate = (daysLeft: number) => ({
  name: "admin",
  isAuthority: false,
  subject: "CN=admin",
  issuer: "CN=ca",
  expiresMs: NOW_MS + daysLeft * DAY_MS,
})
const key = (name: string, daysOld: number) => ({
  name,
  madeMs: NOW_MS - daysOld * DAY_MS,
  secret: new Uint8Array(32),
})

const cases = [
  { name: "nothing old", daysLeft: 100, keys: [key("key1", 364)], states: ["good", "good"] },
  { name: "a certificate near its end", daysLeft: 5, keys: [key("key1", 1)], states: ["limited", "good"] },
  { name: "an old key", daysLeft: 100, keys: [key("key1", 366)], states: ["good", "limited"] },
  { name: "a rotation broken off", daysLeft: 100, keys: [key("key2", 0), key("key1", 1)], states: ["good", "limited"] },
]
for (const { name, daysLeft, keys, states } of cases) {
  test(`a cluster is examined: ${name}`, () => {
    const findings = examineCluster([certificate(daysLeft)], keys, NOW_MS)
    assert.deepEqual(
      findings.map(({ state }) => state),
      states,
    )
  })
}
