import assert from "node:assert/strict"
import { test } from "node:test"
import { credentialsFor, type PullSecret } from "./pull-secrets.ts"

function secretOf(auths: object): PullSecret {
  const data = new Map([[".dockerconfigjson", Buffer.from(JSON.stringify({ auths }))]])
  return { type: "kubernetes.io/dockerconfigjson", data }
}

const auth = (text: string) => ({ auth: Buffer.from(text).toString("base64") })

test("nothing but what stands at its end is taken off a password and a path", () => {
  const secret = secretOf({ "quay.io/team//": auth("user:pass\0\0") })
  assert.deepEqual(credentialsFor("quay.io/team/app", [secret]).credentials, [{ username: "user", password: "pass" }])
})

test("a long password or path holds nobody up", () => {
  // A pattern that is tried at every place of it would take hours.
  const [zeros, slashes] = ["\0".repeat(1 << 20), "/".repeat(1 << 20)]
  const secret = secretOf({ "quay.io": auth(`user:${zeros}x`), [`quay.io${slashes}x`]: auth("other:y") })
  const { credentials } = credentialsFor("quay.io/app", [secret])
  assert.equal(credentials.length, 1)
  // Not shown when it is wrong: it is long.
  assert.ok(credentials[0]?.password === `${zeros}x`)
})
