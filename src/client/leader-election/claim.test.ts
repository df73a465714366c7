import assert from "node:assert/strict"
import { test } from "node:test"
import type { LeaseSpec } from "../../api/coordination/v1/lease.ts"
import { claim, observe, released } from "./claim.ts"

const NOW = "2026-01-01T00:01:00.000000Z"
const BEFORE = "2026-01-01T00:00:00.000000Z"
const held = (holderIdentity: string, leaseTransitions = 3): LeaseSpec => ({
  holderIdentity,
  leaseDurationSeconds: 15,
  acquireTime: BEFORE,
  renewTime: BEFORE,
  leaseTransitions,
})

const cases = [
  { name: "makes a lease that is not there", seen: undefined, acquired: NOW, transitions: 0 },
  { name: "leaves a lease to its holder", seen: held("b"), ageMs: 14_999, acquired: undefined, transitions: undefined },
  { name: "takes a lease that was not renewed", seen: held("b"), ageMs: 15_000, acquired: NOW, transitions: 4 },
  { name: "takes a lease that was given back", seen: held(""), ageMs: 0, acquired: NOW, transitions: 4 },
  { name: "renews its own", seen: held("a"), ageMs: 2000, acquired: BEFORE, transitions: 3 },
  { name: "takes up what an earlier life of it held", seen: held("a"), ageMs: 0, acquired: BEFORE, transitions: 3 },
]
for (const { name, seen, ageMs = 0, acquired, transitions } of cases) {
  test(name, () => {
    const observed = seen && { spec: seen, atMs: 0 }
    const spec = claim(observed, { identity: "a", leaseDurationSeconds: 15 }, ageMs, NOW)
    assert.deepEqual([spec?.acquireTime, spec?.leaseTransitions], [acquired, transitions])
    assert.equal(spec?.renewTime, acquired && NOW)
  })
}

test("a lease ages by the candidate's own clock from when it last changed", () => {
  const first = observe(undefined, held("b"), 1000)
  assert.equal(observe(first, held("b"), 9000).atMs, 1000)
  assert.equal(observe(first, { ...held("b"), renewTime: NOW }, 9000).atMs, 9000)
})

test("a lease that is given back names nobody", () => {
  assert.deepEqual(released(held("a"), NOW), {
    holderIdentity: "",
    leaseDurationSeconds: 1,
    acquireTime: NOW,
    renewTime: NOW,
    leaseTransitions: 3,
  })
})
