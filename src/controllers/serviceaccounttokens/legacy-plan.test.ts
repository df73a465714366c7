import assert from "node:assert/strict"
import { test } from "node:test"
import type { Secret } from "../../api/core/v1/secret.ts"
import type { ServiceAccount } from "../../api/core/v1/service-account.ts"
import { pod } from "../testing.ts"
import { isKnownLongEnough, verdict } from "./legacy-plan.ts"

const NOW = Date.parse("2030-06-15T12:00:00Z")
const secret = (labels: Record<string, string> = {}, creationTimestamp = "2025-01-01T00:00:00Z") =>
  ({
    type: "kubernetes.io/service-account-token",
    metadata: {
      name: "bot-token",
      creationTimestamp,
      labels,
      annotations: { "kubernetes.io/service-account.name": "bot", "kubernetes.io/service-account.uid": "u1" },
    },
  }) as unknown as Secret
const account = (...names: string[]) =>
  ({ metadata: { name: "bot", uid: "u1" }, secrets: names.map((name) => ({ name })) }) as unknown as ServiceAccount
const used = (day: string) => ({ "kubernetes.io/legacy-token-last-used": day })
const invalid = (day: string) => ({ "kubernetes.io/legacy-token-invalid-since": day })
const [made, byHand] = [account("bot-token"), account()]
const mounting = (volume: object) => [pod("p", { spec: { volumes: [{ name: "v", ...volume }] } })]

const cases = [
  { name: "never used", secret: secret(), account: made, want: "invalidate" },
  { name: "used a year ago", secret: secret(used("2029-06-14")), account: made, want: "invalidate" },
  { name: "used since", secret: secret(used("2029-06-15")), account: made, want: "keep" },
  { name: "used nobody knows when", secret: secret(used("long ago")), account: made, want: "keep" },
  { name: "young", secret: secret({}, "2030-01-01T00:00:00Z"), account: made, want: "keep" },
  { name: "made by hand", secret: secret(), account: byHand, want: "keep" },
  { name: "of an account that is gone", secret: secret(), account: undefined, want: "keep" },
  { name: "refused for a year", secret: secret(invalid("2029-06-14")), account: made, want: "delete" },
  { name: "refused since", secret: secret(invalid("2030-06-01")), account: made, want: "keep" },
  {
    name: "mounted",
    secret: secret(),
    account: made,
    pods: mounting({ secret: { secretName: "bot-token" } }),
    want: "keep",
  },
  {
    name: "projected",
    secret: secret(),
    account: made,
    pods: mounting({ projected: { sources: [{ secret: { name: "bot-token" } }] } }),
    want: "keep",
  },
  {
    name: "while another is mounted",
    secret: secret(),
    account: made,
    pods: mounting({ secret: { secretName: "other" } }),
    want: "invalidate",
  },
]
for (const { name, secret: token, account: owner, pods = [], want } of cases) {
  test(`a token ${name}`, () => assert.equal(verdict({ secret: token, account: owner, pods, nowMs: NOW }), want))
}

test("nothing is known before uses have been noted for a year", () => {
  assert.equal(isKnownLongEnough("2029-06-14", NOW), true)
  assert.equal(isKnownLongEnough("2029-06-15", NOW), false)
  assert.equal(isKnownLongEnough(undefined, NOW), false)
})
