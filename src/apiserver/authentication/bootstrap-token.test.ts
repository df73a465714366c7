import assert from "node:assert/strict"
import { test } from "node:test"
import type { ObjectReader } from "../admission/plugin.ts"
import { createBootstrapTokenAuthenticator } from "./bootstrap-token.ts"

const NOW = Date.parse("2026-01-01T00:00:00Z")
const TOKEN = "abcdef.0123456789abcdef"
const good = {
  "token-id": "abcdef",
  "token-secret": "0123456789abcdef",
  "usage-bootstrap-authentication": "true",
}

async function userOf(data: Readonly<Record<string, string>>, more: object = {}, token = TOKEN): Promise<unknown> {
  const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")])
  const metadata = { namespace: "kube-system", ...("metadata" in more && (more.metadata as object)) }
  const type = "bootstrap.kubernetes.io/token"
  const secret = { type, data: Object.fromEntries(encoded), ...more, metadata }
  const get = (_resource: unknown, namespace: string, name: string) =>
    namespace === "kube-system" && name === "bootstrap-token-abcdef" ? secret : undefined
  const reader = { get } as unknown as ObjectReader
  return (await createBootstrapTokenAuthenticator(reader, { nowMs: () => NOW })(token))?.groups
}

test("a token's user belongs to the groups that its secret names", async () => {
  assert.deepEqual(await userOf(good), ["system:bootstrappers", "system:authenticated"])
  const groups = "system:bootstrappers:workers,system:bootstrappers:eu"
  assert.deepEqual(await userOf({ ...good, "auth-extra-groups": groups, expiration: "2026-01-01T00:00:01Z" }), [
    "system:bootstrappers",
    "system:bootstrappers:eu",
    "system:bootstrappers:workers",
    "system:authenticated",
  ])
})

const refused: readonly (readonly [
  name: string,
  data: Readonly<Record<string, string>>,
  more?: object,
  token?: string,
])[] = [
  ["another secret", good, {}, "abcdef.0123456789abcdee"],
  ["another id", { ...good, "token-id": "abcdeg" }],
  ["no token of this kind", good, {}, "abcdef.0123"],
  ["an unknown token", good, {}, "bbbbbb.0123456789abcdef"],
  ["not for authentication", { ...good, "usage-bootstrap-authentication": "1" }],
  ["expired", { ...good, expiration: "2026-01-01T00:00:00Z" }],
  ["expires at no time", { ...good, expiration: "tomorrow" }],
  ["a group of others", { ...good, "auth-extra-groups": "system:bootstrappers:a,system:masters" }],
  ["a secret of another type", good, { type: "Opaque" }],
  ["a secret that is being deleted", good, { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }],
]
for (const [name, data, more, token] of refused) {
  test(`is nobody: ${name}`, async () => assert.equal(await userOf(data, more, token), undefined))
}
