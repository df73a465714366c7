import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { type Access, mayUse, type PullSource } from "./image-access.ts"
import { pullFailure } from "./pull-failure.ts"
import { createPullRecords, repositoryOf } from "./pull-records.ts"
import { needsVerification } from "./verification.ts"

const secret = (name: string, hash: string): PullSource => ({ uid: `uid-${name}`, namespace: "default", name, hash })
const account = (name: string): PullSource => ({ uid: `uid-${name}`, namespace: "default", name })
const private_: Access = { secrets: [secret("a", "1")] }

for (const { access, allowed, name, noted, sources } of [
  { name: "pulled without credentials", access: { everyone: true, secrets: [] }, sources: [], allowed: true },
  { name: "no credentials", access: private_, sources: [], allowed: false },
  { name: "other credentials", access: private_, sources: [secret("b", "2")], allowed: false },
  { name: "the same", access: private_, sources: [secret("b", "2"), secret("a", "1")], allowed: true },
  { name: "the same in another secret", access: private_, sources: [secret("b", "1")], allowed: true, noted: "b 1" },
  { name: "the same secret, changed", access: private_, sources: [secret("a", "2")], allowed: true, noted: "a 2" },
  { name: "the same service account", access: { secrets: [account("a")] }, sources: [account("a")], allowed: true },
  { name: "another service account", access: { secrets: [account("a")] }, sources: [account("b")], allowed: false },
] satisfies {
  name: string
  access: Access
  sources: PullSource[]
  allowed: boolean
  noted?: string
}[]) {
  test(`who may use an image that is here: ${name}`, () => {
    const verdict = mayUse(access, sources)
    assert.equal(verdict.allowed, allowed)
    assert.equal(verdict.noted && `${verdict.noted.name} ${verdict.noted.hash}`, noted)
  })
}

for (const { allowlist = [], image = "app:1", name, policy, pulled, needed } of [
  { name: "never", policy: "NeverVerify", pulled: true, needed: false },
  { name: "not for what was there", policy: "NeverVerifyPreloadedImages", pulled: false, needed: false },
  { name: "but for what was pulled", policy: "NeverVerifyPreloadedImages", pulled: true, needed: true },
  { name: "always", policy: "AlwaysVerify", pulled: false, needed: true },
  { name: "unless it is listed", policy: "NeverVerifyAllowlistedImages", pulled: true, needed: true },
  { name: "as it is", policy: "NeverVerifyAllowlistedImages", pulled: true, needed: false, allowlist: ["app"] },
  {
    name: "among others",
    policy: "NeverVerifyAllowlistedImages",
    pulled: true,
    needed: false,
    allowlist: ["a.example/b/*"],
    image: "a.example/b/c@sha256:0",
  },
] as const) {
  test(`credentials are verified: ${name}`, () => {
    assert.equal(needsVerification({ policy, allowlist }, image, pulled), needed)
  })
}

test("what a runtime says of a registry is the reason", () => {
  const { message, reason } = pullFailure("app:1", "RegistryUnavailable: 503")
  assert.deepEqual(
    [reason, message],
    ["RegistryUnavailable", "image pull failed for app:1 because the registry is unavailable: 503"],
  )
  assert.deepEqual(pullFailure("app:1", "no"), { reason: "ErrImagePull", message: "no" })
})

test("records outlive the agent, also one that ended in the middle of a pull", () => {
  const folder = mkdtempSync(join(tmpdir(), "gantry-pulls-"))
  const records = () => createPullRecords(folder)
  assert.equal(records().of("sha256:1", "app:1"), undefined)
  records().begin("app:1")
  assert.deepEqual(records().of("sha256:1", "app:1"), { secrets: [] })
  records().pulled("sha256:1", "app:1", secret("a", "1"))
  assert.deepEqual(records().of("sha256:1", "docker.io/library/app@sha256:9"), { secrets: [secret("a", "1")] })
  assert.deepEqual(records().of("sha256:1", "mirror.example.com/app:1"), { secrets: [] })
  records().add("sha256:1", "app:1", secret("a", "2"))
  assert.deepEqual(records().of("sha256:1", "app:1"), { secrets: [secret("a", "2")] })
  records().pulled("sha256:1", "app:1", undefined)
  assert.deepEqual(records().of("sha256:1", "app:1"), { everyone: true, secrets: [] })
  assert.deepEqual(records().imageIds(), ["sha256:1"])
  records().forget("sha256:1")
  assert.equal(records().of("sha256:1", "app:1"), undefined)
  rmSync(folder, { recursive: true })
})

test("names of one repository are the same", () => {
  const names = ["nginx", "nginx:1", "library/nginx@sha256:0", "docker.io/library/nginx:1@sha256:0"]
  assert.deepEqual(new Set(names.map(repositoryOf)), new Set(["docker.io/library/nginx"]))
  assert.equal(repositoryOf("localhost:5000/a/b:2"), "localhost:5000/a/b")
  assert.equal(repositoryOf("me/app:2"), "docker.io/me/app")
})
