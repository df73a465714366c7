import assert from "node:assert/strict"
import { setImmediate } from "node:timers/promises"
import { RECENT_EVENTS_MAX } from "../recent-events.ts"
import { CompactedError, type Store, StoreClosedError } from "../store.ts"
import { bytes, collect, describeEvent, type OpenStore, put, remove, storeTest, take, takeAll } from "./subject.ts"

export function watchCases(open: OpenStore): void {
  storeTest("a watch from the past delivers history, then what happens", open, async ({ store }) => {
    await put(store, "/a", "1")
    await put(store, "/other", "x")
    await put(store, "/a", "2")
    const watch = store.watch({ prefix: "/a", fromRevision: 1 })
    await remove(store, "/a")
    const found = take(watch, 4)
    await put(store, "/a/b", "3")
    assert.deepEqual(await found, ["2 /a=1", "4 /a=2(1)", "5 -/a(2)", "6 /a/b=3"])
  })

  storeTest("a watch from the present delivers only what happens", open, async ({ store }) => {
    await put(store, "/a", "1")
    const found = take(store.watch({ prefix: "/", fromRevision: await store.revision() }), 1)
    await setImmediate()
    await put(store, "/a", "2")
    assert.deepEqual(await found, ["3 /a=2(1)"])
  })

  storeTest("a watch from the future waits for it", open, async ({ store }) => {
    const found = take(store.watch({ prefix: "/", fromRevision: 4 }), 1)
    for (let index = 1; index <= 4; index++) await put(store, "/a", String(index))
    assert.deepEqual(await found, ["5 /a=4(3)"])
  })

  storeTest("the events of one revision come together, a deletion as an empty entry", open, async ({ store }) => {
    await put(store, "/b", "1")
    const watch = store.watch({ prefix: "/", fromRevision: 2 })
    await store.txn({
      compare: [],
      success: [
        { type: "put", key: "/a", value: bytes("1") },
        { type: "delete", key: "/b" },
      ],
    })
    for await (const batch of watch) {
      assert.deepEqual([batch.revision, batch.events.map(describeEvent)], [3, ["3 /a=1", "3 -/b(1)"]])
      const { value, ...rest } = batch.events[1]?.entry ?? { value: bytes("?") }
      assert.equal(value.length, 0)
      assert.deepEqual(rest, { key: "/b", createRevision: 0, modRevision: 3, version: 0, leaseId: 0 })
      assert.equal(batch.events[1]?.previous?.version, 1)
      return
    }
  })

  storeTest("reports progress on request, after everything before it", open, async ({ store }) => {
    await put(store, "/a", "1")
    const abort = new AbortController()
    const watch = store.watch({ prefix: "/a", fromRevision: 1, signal: abort.signal })
    const batches = collect(watch)
    await put(store, "/b", "1")
    watch.requestProgress()
    await setImmediate()
    await put(store, "/b", "2")
    await setImmediate()
    abort.abort()
    assert.deepEqual(
      (await batches).map((batch) => [batch.revision, batch.events.length]).filter(([, count]) => count === 0),
      [[3, 0]],
    )
  })

  storeTest("a signal ends a watch, before and while it waits", open, async ({ store }) => {
    await put(store, "/a", "1")
    assert.deepEqual(await collect(store.watch({ prefix: "", fromRevision: 1, signal: AbortSignal.abort() })), [])
    const abort = new AbortController()
    const waiting = collect(store.watch({ prefix: "", fromRevision: 2, signal: abort.signal }))
    await setImmediate()
    assert.equal((await store.status()).watchCount, 1)
    abort.abort()
    assert.deepEqual(await waiting, [])
    assert.equal((await store.status()).watchCount, 0)
  })

  storeTest("close ends a watch with an error", open, async ({ store }) => {
    const waiting = collect(store.watch({ prefix: "", fromRevision: 1 }))
    await setImmediate()
    await Promise.all([assert.rejects(waiting, StoreClosedError), store.close()])
  })

  storeTest("watches from every revision see the same sequence while writes go on", open, async ({ store }) => {
    const writes = 300
    const expected: string[] = []
    let written = Promise.resolve<unknown>(undefined)
    const readers: Promise<string[]>[] = []
    for (let index = 0; index < writes; index++) {
      const key = `/k${index % 3}`
      const before = index < 3 ? "" : `(${index - 3})`
      expected.push(`${index + 2} ${key}=${index}${before}`)
      written = put(store, key, String(index))
      if (index % 10 !== 0) continue
      await written
      readers.push(take(store.watch({ prefix: "/k", fromRevision: index + 1 }), writes - index))
    }
    await written
    for (const [index, reader] of readers.entries()) assert.deepEqual(await reader, expected.slice(index * 10))
  })

  storeTest("a reader that falls far behind misses nothing", open, async ({ store }) => {
    const watch = store.watch({ prefix: "/a", fromRevision: 1 })
    const iterator = watch[Symbol.asyncIterator]()
    await put(store, "/a/first", "x")
    assert.equal((await iterator.next()).value?.revision, 2)
    await writeMany(store, RECENT_EVENTS_MAX + 1000)
    const expected = (await store.range({ prefix: "/a/many" })).entries.map((entry) => entry.key)
    const found: string[] = []
    let lastRevision = 2
    while (found.length < expected.length) {
      const batch = (await iterator.next()).value
      assert.ok(batch !== undefined && batch.revision >= lastRevision)
      lastRevision = batch.revision
      for (const { entry } of batch.events) found.push(entry.key)
    }
    assert.deepEqual(found, expected)
    await iterator.return?.()
  })

  storeTest("compaction past a reader that fell behind ends its watch", open, async ({ store }) => {
    const behind = store.watch({ prefix: "", fromRevision: 1 })[Symbol.asyncIterator]()
    const started = behind.next()
    await put(store, "/a", "1")
    await started
    await writeMany(store, RECENT_EVENTS_MAX + 1000)
    const current = await store.revision()
    const near = store.watch({ prefix: "/b", fromRevision: current })
    await store.compact(current)
    await assert.rejects(behind.next(), (error) => {
      assert.ok(error instanceof CompactedError)
      assert.equal(error.compactRevision, current)
      return true
    })
    await put(store, "/b", "1")
    assert.deepEqual(await takeAll(near, current + 1), [`${current + 1} /b=1`])
  })
}

/** Puts `count` different keys under /a/many, in key order, 500 to a revision. */
async function writeMany(store: Store, count: number): Promise<void> {
  const pending: Promise<unknown>[] = []
  for (let start = 0; start < count; start += 500) {
    const success = Array.from({ length: Math.min(500, count - start) }, (_, index) => ({
      type: "put" as const,
      key: `/a/many/${String(start + index).padStart(6, "0")}`,
      value: bytes("x"),
    }))
    pending.push(store.txn({ compare: [], success }))
  }
  await Promise.all(pending)
}
