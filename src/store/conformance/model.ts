import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { forkToMemory } from "../memory/memory-store.ts"
import type { Op, Store } from "../store.ts"
import { bytes, list, type OpenStore, put, remove, storeTest, takeAll, text } from "./subject.ts"

const KEYS = ["/a", "/a/b", "/a/c", "/b", "/b\u{1f600}"]
const key = fc.constantFrom(...KEYS)
const op = fc.record({ key, value: fc.option(fc.string({ maxLength: 4 }), { nil: undefined }) })
const step = fc.record({
  compare: fc.array(fc.record({ key, isRight: fc.boolean() }), { maxLength: 2 }),
  ops: fc.uniqueArray(op, { selector: ({ key }) => key, maxLength: 3 }),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** The slow obvious store: a copy of everything for each revision. */
class Model {
  readonly states: ReadonlyMap<string, { readonly value: string; readonly mod: number }>[] = [new Map(), new Map()]
  readonly events: string[] = []

  get revision(): number {
    return this.states.length - 1
  }

  apply({ compare, ops }: Step): boolean {
    const state = new Map(this.states.at(-1))
    if (compare.some(({ isRight }) => !isRight)) return false
    const revision = this.revision + 1
    const events: string[] = []
    for (const { key, value } of ops) {
      const before = state.get(key)
      const previous = before === undefined ? "" : `(${before.value})`
      if (value !== undefined) {
        state.set(key, { value, mod: revision })
        events.push(`${revision} ${key}=${value}${previous}`)
      } else if (state.delete(key)) {
        events.push(`${revision} -${key}${previous}`)
      }
    }
    if (events.length > 0) this.states.push(state)
    this.events.push(...events)
    return true
  }

  list(revision: number): string[] {
    const sorted = KEYS.flatMap((key) => (this.states[revision]?.has(key) ? [key] : []))
    return sorted.map((key) => `${key}=${this.states[revision]?.get(key)?.value}`)
  }
}

function toTxn(model: Model, { compare, ops }: Step) {
  return {
    compare: compare.map(({ key, isRight }) => {
      const mod = model.states.at(-1)?.get(key)?.mod
      if (mod === undefined) return isRight ? { key, absent: true as const } : { key, modRevision: 1 }
      return isRight ? { key, modRevision: mod } : { key, absent: true as const }
    }),
    success: ops.map(
      ({ key, value }): Op =>
        value === undefined ? { type: "delete", key } : { type: "put", key, value: bytes(value) },
    ),
  }
}

export function modelCases(open: OpenStore): void {
  test("random transactions agree with the slow obvious store", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.nat(), async (steps, compactSeed) => {
        const { store } = await open(createSimPlatform({ seed: 1 }))
        try {
          await agree(store, steps, compactSeed)
        } finally {
          await store.close()
        }
      }),
      { numRuns: 25 },
    )
  })

  storeTest("a snapshot is one moment, and another store continues from it", open, async ({ store, platform }) => {
    await Promise.all(Array.from({ length: 1200 }, (_, index) => put(store, `/s/${index}`, String(index))))
    const lease = await store.grantLease(5_000)
    await put(store, "/leased", "x", lease.id)
    await put(store, "/s/7", "changed")
    await remove(store, "/s/8")
    const before = await store.range({ prefix: "" })
    const chunks: Uint8Array[] = []
    for await (const chunk of store.snapshot()) {
      chunks.push(chunk)
      await put(store, "/s/9", "later")
      await put(store, `/t/${chunks.length}`, "later")
    }
    const fork = await forkToMemory(chunks, { platform })
    const after = await fork.range({ prefix: "" })
    assert.equal(after.revision, before.revision)
    assert.deepEqual(after.entries.map(plain), before.entries.map(plain))
    assert.equal((await put(fork, "/s/7", "fork")).revision, before.revision + 1)
    assert.equal(text((await store.range({ key: "/s/7" })).entries[0]?.value ?? bytes("")), "changed")
    await platform.advance(5_000)
    assert.equal((await fork.range({ key: "/leased" })).count, 0)
    const broken = Buffer.concat(chunks)
    broken[broken.length >> 1] = (broken[broken.length >> 1] ?? 0) ^ 1
    await assert.rejects(forkToMemory([broken], { platform }), { name: "StoreCorruptError" })
    await assert.rejects(forkToMemory(chunks.slice(0, 2), { platform }), { name: "StoreCorruptError" })
    await fork.close()
  })
}

function plain<T extends { readonly value: Uint8Array }>(entry: T) {
  return { ...entry, value: text(entry.value) }
}

async function agree(store: Store, steps: readonly Step[], compactSeed: number): Promise<void> {
  const model = new Model()
  for (const step of steps) {
    const request = toTxn(model, step)
    const succeeded = model.apply(step)
    const result = await store.txn(request)
    assert.deepEqual([result.succeeded, result.revision], [succeeded, model.revision])
  }
  const compactRevision = 1 + (compactSeed % model.revision)
  const watch = store.watch({ prefix: "", fromRevision: compactRevision })
  await store.compact(compactRevision)
  for (let revision = compactRevision; revision <= model.revision; revision++) {
    assert.deepEqual(list(await store.range({ prefix: "", atRevision: revision })), model.list(revision))
  }
  const expected = model.events.filter((event) => Number.parseInt(event, 10) > compactRevision)
  assert.deepEqual(await takeAll(watch, model.revision), expected)
}
