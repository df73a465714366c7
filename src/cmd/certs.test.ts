import assert from "node:assert/strict"
import { test } from "node:test"
import { UserError } from "../cli/user-error.ts"
import type { CertificateStatus } from "../pki/list-certificates.ts"
import { certificateTable, problemsOf, wantedOf } from "./certs.ts"

const DAY_MS = 86_400_000
const NOW_MS = Date.UTC(2026, 0, 1)

function certificate(name: string, daysLeft: number, isAuthority = false): CertificateStatus {
  return { name, isAuthority, subject: `CN=${name}`, issuer: "CN=ca", expiresMs: NOW_MS + daysLeft * DAY_MS }
}

test("the table tells names, issuers, expiry and what is left", () => {
  const table = certificateTable([certificate("ca", 3650, true), certificate("admin", 12.5)], NOW_MS)
  assert.deepEqual(
    table.split("\n").map((line) => line.split(/ {3,}/)),
    [
      ["CERTIFICATE", "SUBJECT", "ISSUER", "EXPIRES", "DAYS LEFT"],
      ["ca", "CN=ca", "itself", "2035-12-30 00:00 UTC", "3650"],
      ["admin", "CN=admin", "CN=ca", "2026-01-13 12:00 UTC", "12"],
    ],
  )
})

test("what is near its end, expired or damaged is a problem", () => {
  const listed = [
    certificate("ca", 59, true),
    certificate("admin", 61),
    certificate("apiserver", 59),
    certificate("scheduler", -1),
    { name: "controller-manager", problem: "no certificate" },
  ]
  assert.deepEqual(problemsOf(listed, NOW_MS), [
    "ca expires in 59 days: all certificates below it end with it, and it is not renewed",
    "apiserver expires in 59 days: it is renewed when the cluster runs, or with: ./gantry certs renew apiserver",
    "scheduler has expired: it is renewed when the cluster runs, or with: ./gantry certs renew scheduler",
    "controller-manager is damaged: no certificate",
  ])
})

test("all means all but the authorities, which are never renewed", () => {
  const listed = [certificate("ca", 1, true), certificate("admin", 1), certificate("nodes/n/kubelet", 1)]
  assert.deepEqual(wantedOf(listed, ["all"]), new Set(["admin", "nodes/n/kubelet"]))
  assert.deepEqual(wantedOf(listed, ["admin"]), new Set(["admin"]))
  for (const names of [[], ["ca"], ["nobody"]]) assert.throws(() => wantedOf(listed, names), UserError)
})
