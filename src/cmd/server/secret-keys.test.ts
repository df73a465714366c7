import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { UserError } from "../../cli/user-error.ts"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { openSecretKeys, readSecretKeys } from "./secret-keys.ts"

const root = mkdtempSync(join(tmpdir(), `gantry-keys-${process.pid}-`))
after(() => rmSync(root, { recursive: true, force: true }))
const platform = createSimPlatform({ seed: 5 })
const newDir = () => mkdtempSync(join(root, "pki-"))
const file = (dir: string) => join(dir, "encryption.key")

test("the first key is made with the cluster, and found again", () => {
  const dir = newDir()
  const made = openSecretKeys(dir, platform, true)
  assert.equal(made.ring.keys.length, 1)
  assert.equal(statSync(file(dir)).mode & 0o777, 0o600)
  const found = openSecretKeys(dir, platform, false)
  assert.deepEqual(Buffer.from(found.ring.keys[0].secret), Buffer.from(made.ring.keys[0].secret))
})

test("a key that is saved beside another keeps its time", async () => {
  const dir = newDir()
  const { ring, save } = openSecretKeys(dir, platform, true)
  const [before] = readSecretKeys(dir)
  await platform.advance(5000)
  save([{ name: "key2", secret: platform.random.bytes(32) }, ...ring.keys])
  const [second, first] = readSecretKeys(dir)
  assert.deepEqual(first, before)
  assert.equal(second.madeMs, before.madeMs + 5000)
})

test("a bare key, as earlier versions wrote it, is the first key", () => {
  const dir = newDir()
  const secret = Buffer.alloc(32, 7)
  writeFileSync(file(dir), `${secret.toString("base64")}\n`)
  utimesSync(file(dir), 1000, 1000)
  assert.deepEqual(readSecretKeys(dir), [{ name: "key1", madeMs: 1_000_000, secret }])
})

const damaged = [
  { name: "too short", text: "AAAA\n" },
  { name: "empty", text: "" },
  { name: "without a time", text: `key1 yesterday ${Buffer.alloc(32).toString("base64")}\n` },
  { name: "with a second line that is none", text: `${Buffer.alloc(32).toString("base64")}\nkey2\n` },
]
for (const { name, text } of damaged) {
  test(`a file is refused that is damaged: ${name}`, () => {
    const dir = newDir()
    writeFileSync(file(dir), text)
    assert.throws(() => openSecretKeys(dir, platform, false), UserError)
    assert.equal(readFileSync(file(dir), "utf8"), text)
  })
}

test("a key that is missing later is not made anew", () => {
  assert.throws(
    () => openSecretKeys(newDir(), platform, false),
    (error) => error instanceof UserError && /missing/.test(error.message),
  )
})
