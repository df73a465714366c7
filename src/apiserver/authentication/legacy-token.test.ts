import assert from "node:assert/strict"
import { test } from "node:test"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import { makeSigningKey } from "../../pki/certificate.ts"
import { tokenSigner } from "../../pki/json-web-token.ts"
import { createLegacyTokenAuthenticator } from "./legacy-token.ts"

const key = makeSigningKey()
const claims = {
  iss: "kubernetes/serviceaccount",
  "kubernetes.io/serviceaccount/namespace": "team",
  "kubernetes.io/serviceaccount/secret.name": "bot-token",
  "kubernetes.io/serviceaccount/service-account.name": "bot",
  "kubernetes.io/serviceaccount/service-account.uid": "u1",
  sub: "system:serviceaccount:team:bot",
}
const token = tokenSigner(key.privateKey).sign(claims)
const NOW = Date.parse("2026-05-02T10:00:00Z")
const USED = "kubernetes.io/legacy-token-last-used"

interface Stored {
  readonly held?: string
  readonly uid?: string
  readonly labels?: Record<string, string>
  readonly isGoing?: boolean
}

function authenticator({ held = token, uid = "u1", labels = {}, isGoing = false }: Stored = {}) {
  const noted: unknown[] = []
  const going = isGoing ? { deletionTimestamp: "2026-05-02T09:59:00Z" } : {}
  const objects = new Map<string, unknown>([
    [
      "Secret team/bot-token",
      { metadata: { labels, ...going }, data: { token: Buffer.from(held).toString("base64") } },
    ],
    ["ServiceAccount team/bot", { metadata: { uid } }],
  ])
  const authenticate = createLegacyTokenAuthenticator({
    signingKey: key.privateKey,
    reader: {
      get: ({ kind }: AnyResource, namespace: string, name: string) =>
        objects.get(`${kind} ${namespace}/${name}`) as never,
    },
    clock: { nowMs: () => NOW },
    noteUse: (_, used) => noted.push(used),
  })
  return { authenticate, noted }
}

test("a token counts while its secret holds it, and its use is noted once a day", async () => {
  const first = authenticator()
  const user = await first.authenticate(token)
  assert.deepEqual([user?.name, user?.uid], ["system:serviceaccount:team:bot", "u1"])
  assert.deepEqual(first.noted, [{ [USED]: "2026-05-02" }])
  const again = authenticator({ labels: { [USED]: "2026-05-02" } })
  await again.authenticate(token)
  assert.deepEqual(again.noted, [])
})

const refused: readonly (readonly [string, Stored])[] = [
  ["another one in the secret", { held: "other" }],
  ["a secret that is going", { isGoing: true }],
  ["another account of the name", { uid: "u2" }],
  ["a secret that was marked", { labels: { "kubernetes.io/legacy-token-invalid-since": "2026-01-01" } }],
]
for (const [name, stored] of refused) {
  test(`a token is refused: ${name}`, () => {
    assert.throws(() => authenticator(stored).authenticate(token), { code: 401 })
  })
}

test("a token of another key is refused, one of another issuer is for others", () => {
  const { authenticate } = authenticator()
  assert.throws(() => authenticate(tokenSigner(makeSigningKey().privateKey).sign(claims)), { code: 401 })
  assert.equal(authenticate(tokenSigner(key.privateKey).sign({ ...claims, iss: "https://example.com" })), undefined)
  assert.throws(() =>
    authenticate(tokenSigner(key.privateKey).sign({ ...claims, sub: "system:serviceaccount:team:x" })),
  )
})
