import assert from "node:assert/strict"
import { test } from "node:test"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { createAesGcmTransformer } from "./aes-gcm.ts"

const { random } = createSimPlatform({ seed: 3 })
const first = { name: "key1", secret: random.bytes(32) }
const second = { name: "key2", secret: random.bytes(32) }
const json = Buffer.from('{"data":{"password":"aHVudGVyMg=="}}')
const at = "/registry/secrets/default/db"

test("what is stored can be read back and shows nothing", () => {
  const transformer = createAesGcmTransformer({ keys: [first] }, random)
  const stored = Buffer.from(transformer.toStorage(at, json))
  assert.ok(stored.toString("latin1").startsWith("k8s:enc:aesgcm:v1:key1:"))
  assert.ok(!stored.includes("password"))
  assert.notDeepEqual(Buffer.from(transformer.toStorage(at, json)), stored, "equal values look different")
  assert.deepEqual(Buffer.from(transformer.fromStorage(at, stored)), json)
})

test("values that were moved or changed are refused", () => {
  const transformer = createAesGcmTransformer({ keys: [first] }, random)
  const stored = Buffer.from(transformer.toStorage(at, json))
  assert.throws(() => transformer.fromStorage("/registry/secrets/default/other", stored))
  stored.writeUInt8(stored.readUInt8(stored.length - 20) ^ 1, stored.length - 20)
  assert.throws(() => transformer.fromStorage(at, stored))
})

test("older keys and plain values stay readable, unknown keys are named", () => {
  const stored = createAesGcmTransformer({ keys: [first] }, random).toStorage(at, json)
  assert.deepEqual(
    Buffer.from(createAesGcmTransformer({ keys: [second, first] }, random).fromStorage(at, stored)),
    json,
  )
  assert.deepEqual(createAesGcmTransformer({ keys: [first] }, random).fromStorage(at, json), json)
  assert.throws(() => createAesGcmTransformer({ keys: [second] }, random).fromStorage(at, stored), /"key1"/)
})
