import assert from "node:assert/strict"
import { CompactedError, FutureRevisionError, type Store } from "../store.ts"
import { list, type OpenStore, put, remove, type Subject, storeTest, take, text } from "./subject.ts"

export function compactionCases(open: OpenStore): void {
  storeTest("compaction forgets what later reads do not need, and says so", open, async ({ store }) => {
    await put(store, "/a", "1")
    await put(store, "/a", "2")
    await put(store, "/b", "1")
    await remove(store, "/b")
    await put(store, "/a", "3")
    await store.compact(5)
    await store.compact(3)
    const isCompactedAt5 = (error: unknown) => error instanceof CompactedError && error.compactRevision === 5
    await assert.rejects(store.range({ prefix: "", atRevision: 4 }), isCompactedAt5)
    await assert.rejects(take(store.watch({ prefix: "", fromRevision: 4 }), 1), isCompactedAt5)
    assert.deepEqual(list(await store.range({ prefix: "", atRevision: 5 })), ["/a=2"])
    assert.deepEqual(list(await store.range({ prefix: "" })), ["/a=3"])
    assert.deepEqual(await take(store.watch({ prefix: "", fromRevision: 5 }), 1), ["6 /a=3(2)"])
    assert.deepEqual(
      (await store.history("/a")).map((entry) => text(entry.value)),
      ["2", "3"],
    )
    assert.deepEqual(await store.history("/b"), [])
    await assert.rejects(store.compact(7), FutureRevisionError)
    assert.equal((await store.status()).compactRevision, 5)
  })

  storeTest("compaction frees space in the background", open, async ({ store, platform }) => {
    for (let index = 0; index < 1000; index++) void put(store, `/k${index % 10}`, "x".repeat(100))
    await put(store, "/gone", "x")
    await remove(store, "/gone")
    const before = await store.status()
    assert.equal(before.keyCount, 10)
    assert.ok(before.historyBytes > 99_000)
    await store.compact(before.revision)
    await swept(store, platform)
    const after = await store.status()
    assert.deepEqual([after.historyBytes, after.keyCount, after.liveBytes], [0, 10, before.liveBytes])
    assert.equal((await store.range({ prefix: "/k" })).count, 10)
  })

  storeTest("retention drops history by age", open, async ({ store, platform }) => {
    await put(store, "/a", "old")
    await put(store, "/a", "older")
    await platform.advance(23 * 3_600_000)
    await put(store, "/a", "new")
    const kept = (await store.status()).compactRevision
    assert.ok(kept <= 3)
    await platform.advance(2 * 3_600_000)
    await swept(store, platform)
    assert.ok((await store.status()).compactRevision >= 3)
    assert.deepEqual(list(await store.range({ prefix: "" })), ["/a=new"])
    await assert.rejects(store.range({ prefix: "", atRevision: 2 }), CompactedError)
  })

  storeTest("history below the caps survives", open, async ({ store, platform }) => {
    await put(store, "/a", "1")
    await put(store, "/a", "2")
    await platform.advance(300_000)
    assert.deepEqual(list(await store.range({ prefix: "", atRevision: 2 })), ["/a=1"])
  })
}

/** Waits until the background has freed what it may. */
async function swept(store: Store, platform: Subject["platform"]): Promise<void> {
  for (let last = -1, now = 0; last !== now; ) {
    last = (await store.status()).historyBytes
    await platform.advance(60_000)
    await store.range({ prefix: "", countOnly: true })
    now = (await store.status()).historyBytes
  }
}
