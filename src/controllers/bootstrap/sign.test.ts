import assert from "node:assert/strict"
import { test } from "node:test"
import { isBootstrapToken, signingToken, tokenEndsMs } from "../../api/core/v1/bootstrap-token.ts"
import type { Secret } from "../../api/core/v1/secret.ts"
import { detachedSignature, signed } from "./sign.ts"

const content = "Hello from the other side. I must have called a thousand times."
const joshua = { id: "joshua", secret: "my voice is my passcode" }
const signature = "eyJhbGciOiJIUzI1NiIsImtpZCI6Impvc2h1YSJ9..VShe2taLd-YTrmWuRkcL_8QTNDHYxQIEBsAYYiIj1_8"

test("signs as kubeadm checks it", () => assert.equal(detachedSignature(content, joshua), signature))

test("keeps exactly the signatures of the tokens that there are", () => {
  const plain = { kubeconfig: content, other: "x" }
  const whole = { ...plain, "jws-kubeconfig-joshua": signature }
  const cases = [
    { name: "nothing to sign", data: { other: "x" }, tokens: [joshua], want: undefined },
    { name: "a new token", data: plain, tokens: [joshua], want: whole },
    { name: "signed already", data: whole, tokens: [joshua], want: undefined },
    { name: "a token that went", data: whole, tokens: [], want: plain },
    { name: "a wrong signature", data: { ...plain, "jws-kubeconfig-joshua": "x" }, tokens: [joshua], want: whole },
  ]
  for (const { name, data, tokens, want } of cases) assert.deepEqual(signed(data, tokens), want, name)
})

const NOW_MS = Date.parse("2026-01-01T00:00:00Z")

function token(change: Readonly<Record<string, string>>, name = "bootstrap-token-abcdef"): Secret {
  const data = { "token-id": "abcdef", "token-secret": "s", "usage-bootstrap-signing": "true", ...change }
  const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")])
  const metadata = { name, namespace: "kube-system" }
  return { metadata, type: "bootstrap.kubernetes.io/token", data: Object.fromEntries(encoded) } as unknown as Secret
}

test("signs only with tokens that are whole, meant for it and have not ended", () => {
  const cases: readonly (readonly [string, Secret, boolean])[] = [
    ["a good one", token({}), true],
    ["one that will end", token({ expiration: "2026-01-01T00:00:01Z" }), true],
    ["one that has ended", token({ expiration: "2026-01-01T00:00:00Z" }), false],
    ["one whose end is no time", token({ expiration: "soon" }), false],
    ["one for other uses", token({ "usage-bootstrap-signing": "yes" }), false],
    ["one under another name", token({}, "bootstrap-token-fedcba"), false],
    ["one without a secret", token({ "token-secret": "" }), false],
  ]
  for (const [name, secret, isGood] of cases) {
    const expected = isGood ? { id: "abcdef", secret: "s" } : undefined
    assert.deepEqual(signingToken(secret, NOW_MS), expected, name)
  }
  assert.equal(tokenEndsMs(token({})), Number.POSITIVE_INFINITY)
  assert.equal(isBootstrapToken({ ...token({}), type: "Opaque" }), false)
})
