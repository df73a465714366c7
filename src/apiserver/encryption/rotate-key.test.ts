import assert from "node:assert/strict"
import { test } from "node:test"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { createMemoryStore } from "../../store/memory/memory-store.ts"
import type { Store } from "../../store/store.ts"
import { createAesGcmTransformer, type EncryptionKeys, type KeyRing, keyNameOf } from "./aes-gcm.ts"
import { type RotateOptions, rotateKey } from "./rotate-key.ts"

const PREFIX = "/registry/secrets/"
const COUNT = 7
const platform = createSimPlatform({ seed: 11 })
const { random } = platform
const first = { name: "key1", secret: random.bytes(32) }
const keyOf = (index: number) => `${PREFIX}default/s${index}`
const valueOf = (index: number) => Buffer.from(`{"secret":${index}}`)

/** A store with secrets of which each has a former version too, one of them from before encryption began. */
async function filledStore(): Promise<Store> {
  const store = createMemoryStore({ platform })
  const { toStorage } = createAesGcmTransformer({ keys: [first] }, random)
  for (const json of ["{}", undefined]) {
    for (let index = 0; index < COUNT; index++) {
      const key = keyOf(index)
      const value =
        index === 0 ? valueOf(index) : toStorage(key, json === undefined ? valueOf(index) : Buffer.from(json))
      await store.txn({ compare: [], success: [{ type: "put", key, value }] })
    }
  }
  await store.txn({ compare: [], success: [{ type: "put", key: "/registry/pods/default/p", value: valueOf(0) }] })
  return store
}

interface Machine {
  readonly store: Store
  /** What stands on the disk. */
  saved: EncryptionKeys
}

const optionsOf = (machine: Machine, ring: KeyRing): RotateOptions => ({
  store: machine.store,
  prefix: PREFIX,
  ring,
  save: (keys) => {
    machine.saved = keys
  },
  random,
  caughtUp: async () => undefined,
})

async function readAll({ store, saved }: Machine): Promise<void> {
  const { fromStorage } = createAesGcmTransformer({ keys: saved }, random)
  const { entries } = await store.range({ prefix: PREFIX })
  assert.equal(entries.length, COUNT)
  for (const [index, { key, value }] of entries.entries()) {
    assert.deepEqual(Buffer.from(fromStorage(key, value)), valueOf(index))
  }
}

async function assertRotated({ store, saved }: Machine): Promise<void> {
  assert.deepEqual(
    saved.map(({ name }) => name),
    ["key2"],
  )
  assert.notDeepEqual(saved[0].secret, first.secret)
  const old = createAesGcmTransformer({ keys: [{ ...first, name: "key2" }] }, random)
  for (let index = 0; index < COUNT; index++) {
    for (const { value } of await store.history(keyOf(index))) {
      assert.equal(keyNameOf(value), "key2")
      assert.throws(() => old.fromStorage(keyOf(index), value))
    }
  }
}

test("everything has the new key afterwards, history too, and reads back", async () => {
  const machine: Machine = { store: await filledStore(), saved: [first] }
  const ring: KeyRing = { keys: [first] }
  assert.equal(await rotateKey(optionsOf(machine, ring)), COUNT)
  assert.deepEqual(ring.keys, machine.saved)
  await readAll(machine)
  await assertRotated(machine)
  const pod = await machine.store.range({ key: "/registry/pods/default/p" })
  assert.deepEqual(Buffer.from(pod.entries[0]?.value ?? []), valueOf(0))
  await rotateKey(optionsOf(machine, ring))
  assert.equal(machine.saved[0].name, "key3")
  await readAll(machine)
})

/** Dies at the given step: half of the times before it is done, half of the times right after. */
function dyingAt(machine: Machine, ring: KeyRing, fatal: number) {
  let steps = 0
  const step = async <T>(work: () => T | Promise<T>): Promise<T> => {
    const at = steps++
    if (at >= fatal) throw new Error("crash before")
    return work()
  }
  const { store } = machine
  const options: RotateOptions = {
    ...optionsOf(machine, ring),
    store: {
      range: (request) => step(() => store.range(request)),
      txn: (request) => step(() => store.txn(request)),
      compact: (revision) => step(() => store.compact(revision)),
      revision: () => step(() => store.revision()),
    },
    save: (keys) => {
      if (steps++ >= fatal) throw new Error("crash before")
      machine.saved = keys
      if (steps++ >= fatal) throw new Error("crash after")
    },
  }
  return { options, steps: () => steps }
}

test("a crash between any two steps loses nothing, and the next start goes on", async () => {
  const whole: Machine = { store: await filledStore(), saved: [first] }
  const counted = dyingAt(whole, { keys: [first] }, Number.POSITIVE_INFINITY)
  await rotateKey(counted.options)
  const total = counted.steps()
  assert.ok(total > COUNT)
  for (let fatal = 0; fatal < total; fatal++) {
    const machine: Machine = { store: await filledStore(), saved: [first] }
    await assert.rejects(rotateKey(dyingAt(machine, { keys: [first] }, fatal).options), /crash/)
    await readAll(machine)
    // Another process: it knows what was saved, nothing else.
    const ring: KeyRing = { keys: machine.saved }
    if (machine.saved.length > 1 || machine.saved[0].name === "key1") await rotateKey(optionsOf(machine, ring))
    await readAll(machine)
    await assertRotated(machine)
  }
})

test("what is written meanwhile has the new key or gets it", async () => {
  const machine: Machine = { store: await filledStore(), saved: [first] }
  const ring: KeyRing = { keys: [first] }
  const { toStorage } = createAesGcmTransformer(ring, random)
  const write = (index: number) => {
    const value = toStorage(keyOf(index), valueOf(index))
    return machine.store.txn({ compare: [], success: [{ type: "put", key: keyOf(index), value }] })
  }
  // Encrypted with the old key, and not acknowledged yet.
  const before = write(1)
  const rotating = rotateKey(optionsOf(machine, ring))
  const during = [2, 3, 1].map(write)
  await Promise.all([before, rotating, ...during])
  await readAll(machine)
  await assertRotated(machine)
})
