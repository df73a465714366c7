import assert from "node:assert/strict"
import { test } from "node:test"
import type { Secret } from "../../api/core/v1/secret.ts"
import type { ServiceAccount } from "../../api/core/v1/service-account.ts"
import { filled, legacyClaims } from "./plan.ts"

const base64 = (text: string) => Buffer.from(text).toString("base64")
const account = { metadata: { name: "bot", namespace: "team", uid: "u1" } } as unknown as ServiceAccount
const secret = (data?: Record<string, string>) =>
  ({
    metadata: { name: "s", namespace: "team", annotations: { "kubernetes.io/service-account.name": "bot", mine: "1" } },
    data,
  }) as unknown as Secret

test("a secret is filled with token, CA and namespace; what else is in it stays", () => {
  const full = filled(secret({ extra: "eA==" }), account, "CA", () => "TOKEN")
  assert.deepEqual(full?.data, {
    extra: "eA==",
    "ca.crt": base64("CA"),
    namespace: base64("team"),
    token: base64("TOKEN"),
  })
  assert.deepEqual(full?.metadata.annotations, {
    "kubernetes.io/service-account.name": "bot",
    "kubernetes.io/service-account.uid": "u1",
    mine: "1",
  })
})

test("a full secret is left alone; one with another CA keeps its token", () => {
  const full = { "ca.crt": base64("CA"), namespace: base64("team"), token: base64("OLD") }
  const never = () => assert.fail("no token is signed")
  assert.equal(filled(secret(full), account, "CA", never), undefined)
  assert.deepEqual(filled(secret({ ...full, "ca.crt": base64("OLD") }), account, "CA", never)?.data, full)
})

test("a token names its account and its secret", () => {
  assert.deepEqual(legacyClaims(account, secret()), {
    iss: "kubernetes/serviceaccount",
    "kubernetes.io/serviceaccount/namespace": "team",
    "kubernetes.io/serviceaccount/secret.name": "s",
    "kubernetes.io/serviceaccount/service-account.name": "bot",
    "kubernetes.io/serviceaccount/service-account.uid": "u1",
    sub: "system:serviceaccount:team:bot",
  })
})
