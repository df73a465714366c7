import assert from "node:assert/strict"
import { test } from "node:test"
import { job } from "../testing.ts"
import { expiresAtMs } from "./plan.ts"

const AT = "2026-01-01T00:00:00Z"
const ended = (type: string, status = "True") => ({ conditions: [{ type, status, lastTransitionTime: AT }] })
const spec = { ttlSecondsAfterFinished: 30 }

const cases = [
  { name: "a complete job", parts: { spec, status: ended("Complete") }, wantSeconds: 30 },
  { name: "a failed job", parts: { spec, status: ended("Failed") }, wantSeconds: 30 },
  { name: "at once", parts: { spec: { ttlSecondsAfterFinished: 0 }, status: ended("Failed") }, wantSeconds: 0 },
  { name: "a job that runs", parts: { spec, status: {} }, wantSeconds: undefined },
  { name: "a job that is about to fail", parts: { spec, status: ended("FailureTarget") }, wantSeconds: undefined },
  {
    name: "a condition that does not hold",
    parts: { spec, status: ended("Complete", "False") },
    wantSeconds: undefined,
  },
  { name: "a job without a limit", parts: { status: ended("Complete") }, wantSeconds: undefined },
  {
    name: "a job that is being deleted",
    parts: { metadata: { deletionTimestamp: AT }, spec, status: ended("Complete") },
    wantSeconds: undefined,
  },
]

for (const { name, parts, wantSeconds } of cases) {
  test(`expiry of ${name}`, () => {
    const want = wantSeconds === undefined ? undefined : Date.parse(AT) + wantSeconds * 1000
    assert.equal(expiresAtMs(job("j", parts)), want)
  })
}
