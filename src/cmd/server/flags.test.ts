import assert from "node:assert/strict"
import { test } from "node:test"
import { UserError } from "../../cli/user-error.ts"
import { mergeServerFlags, pickServerFlags, readServerFlags, type ServerFlags, serverArguments } from "./flags.ts"

test("the defaults of records are kube-apiserver's", () => {
  const options = readServerFlags({
    "audit-policy-file": "/p",
    "audit-log-path": "/a.log",
    "audit-webhook-config-file": "/w",
    "audit-webhook-batch-max-wait": "1m30s",
  })
  assert.deepEqual(options, {
    audit: {
      policyFile: "/p",
      log: { path: "/a.log", ageMaxDays: 366, backupsMax: 100, sizeMax: 100 },
      webhook: { configFile: "/w", batch: { waitMs: 90_000, firstRetryMs: 10_000 } },
    },
  })
})

const refused: { name: string; flags: ServerFlags; says: RegExp }[] = [
  { name: "no policy", flags: { "audit-log-path": "/a" }, says: /^--audit-log-path: nothing is recorded without/ },
  { name: "nowhere to go", flags: { "audit-policy-file": "/p" }, says: /^--audit-policy-file: records go nowhere/ },
  {
    name: "no number",
    flags: { "audit-policy-file": "/p", "audit-log-path": "/a", "audit-log-maxsize": "-1" },
    says: /^--audit-log-maxsize: found "-1"/,
  },
  {
    name: "no time",
    flags: { "audit-policy-file": "/p", "audit-webhook-config-file": "/w", "audit-webhook-initial-backoff": "soon" },
    says: /^--audit-webhook-initial-backoff: found "soon", expected a time such as 30s$/,
  },
]
for (const { name, flags, says } of refused) {
  test(`flags are refused: ${name}`, () =>
    assert.throws(
      () => readServerFlags(flags),
      (error) => error instanceof UserError && says.test(error.message),
    ))
}

test("what is given once is remembered, made absolute, and taken back when it is empty", () => {
  const first = mergeServerFlags({}, pickServerFlags({ "audit-policy-file": "/a/../p.yaml", "audit-log-path": "-" }))
  assert.deepEqual(first, { "audit-policy-file": "/p.yaml", "audit-log-path": "-" })
  const second = mergeServerFlags(first, pickServerFlags({ "audit-log-path": "", "authentication-config": "/c" }))
  assert.deepEqual(serverArguments(second), ["--authentication-config=/c", "--audit-policy-file=/p.yaml"])
})
