import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { setImmediate } from "node:timers/promises"
import { Secret } from "../../api/core/v1/secret.ts"
import { keyNameOf } from "../../apiserver/encryption/aes-gcm.ts"
import { startTestKubeApiServer, testPki } from "../../apiserver/testing/kube-apiserver.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { openSqliteStore } from "../../store/sqlite/sqlite-store.ts"
import type { Store } from "../../store/store.ts"
import { createRotation, ROTATION_PATH, type RotationStatus } from "./rotation-path.ts"
import { secretEncryption } from "./secret-encryption.ts"
import { readSecretKeys } from "./secret-keys.ts"

const platform = createNodePlatform({ logLevel: "error" })
const dir = mkdtempSync(join(tmpdir(), `gantry-rotation-${process.pid}-`))
after(() => rmSync(dir, { recursive: true, force: true }))
const PREFIX = "/registry/secrets/"

async function start(store: Store, isNew: boolean) {
  const pki = testPki(dir, platform)
  const encryption = secretEncryption(dir, store, platform, isNew)
  const rotation = createRotation(encryption, platform.log)
  const server = await startTestKubeApiServer({
    store,
    platform,
    pki,
    transformerOf: encryption.transformerOf,
    morePaths: new Map([[ROTATION_PATH, rotation.handle]]),
  })
  rotation.ready(async () => void (await server.reader.getFresh(Secret, "default", "any")))
  return server
}

test("a running server takes another key, while secrets are written, and reads them after a restart", async () => {
  const path = join(dir, "store.db")
  const store = await openSqliteStore({ path, platform })
  const server = await start(store, true)
  const secrets = server.client.of(Secret)
  const names = Array.from({ length: 30 }, (_, index) => `s${index}`)
  const create = (name: string) => secrets.create({ metadata: { name, namespace: "default" }, stringData: { name } })
  await Promise.all(names.slice(0, 20).map(create))
  const [writes, begun] = await Promise.all([
    Promise.all(names.slice(20).map(create)),
    server.client.raw.post(ROTATION_PATH, {}) as Promise<RotationStatus>,
  ])
  assert.equal(writes.length, 10)
  assert.equal(begun.rotating, true)
  let status = begun
  while (status.rotating) {
    // Calls in process leave the event loop no time.
    await setImmediate()
    status = (await server.client.raw.get(ROTATION_PATH)) as RotationStatus
  }
  assert.equal(status.problem, undefined)
  assert.ok(status.written >= 20)
  assert.deepEqual(
    readSecretKeys(dir).map(({ name }) => name),
    ["key2"],
  )
  const { entries } = await store.range({ prefix: PREFIX })
  assert.equal(entries.length, names.length)
  for (const { key } of entries) {
    for (const { value } of await store.history(key)) assert.equal(keyNameOf(value), "key2", key)
  }
  await secrets.patch({ namespace: "default", name: "s0" }, { stringData: { more: "1" } }, { type: "merge" })
  await server.close(100)
  await store.close()

  const again = await openSqliteStore({ path, platform })
  const restarted = await start(again, false)
  for (const name of names) {
    const { data } = await restarted.client.of(Secret).get({ namespace: "default", name })
    assert.equal(Buffer.from(data?.["name"] ?? "", "base64").toString(), name)
  }
  await restarted.close(100)
  await again.close()
})
