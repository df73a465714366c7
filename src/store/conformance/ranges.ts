import assert from "node:assert/strict"
import { FutureRevisionError } from "../store.ts"
import { list, type OpenStore, put, remove, storeTest, text } from "./subject.ts"

export function rangeCases(open: OpenStore): void {
  storeTest("reads one key or a prefix, in the order of code points", open, async ({ store }) => {
    const keys = ["/b/1", "/b", "/b0", "/a", "/b/\u{ff5e}", "/b/\u{1f600}", "/b/é", "/c"]
    for (const key of keys) await put(store, key, "v")
    const found = async (prefix: string) => (await store.range({ prefix })).entries.map((entry) => entry.key)
    assert.deepEqual(await found("/b/"), ["/b/1", "/b/é", "/b/\u{ff5e}", "/b/\u{1f600}"])
    assert.deepEqual(await found("/b"), ["/b", "/b/1", "/b/é", "/b/\u{ff5e}", "/b/\u{1f600}", "/b0"])
    assert.equal((await found("")).length, keys.length)
    assert.deepEqual(await found("/b/\u{1f600}"), ["/b/\u{1f600}"])
    assert.deepEqual(list(await store.range({ key: "/b" })), ["/b=v"])
    assert.deepEqual(await store.range({ key: "/nothing" }), { revision: 9, entries: [], more: false, count: 0 })
  })

  storeTest("keys only, count only, limit and start key", open, async ({ store }) => {
    for (const name of ["a", "b", "c", "d"]) await put(store, `/${name}`, name)
    const keys = await store.range({ prefix: "/", keysOnly: true })
    assert.deepEqual(list(keys), ["/a=", "/b=", "/c=", "/d="])
    assert.deepEqual([keys.entries[1]?.modRevision, keys.entries[1]?.version], [3, 1])
    const count = await store.range({ prefix: "/", countOnly: true, startKey: "/b" })
    assert.deepEqual(count, { revision: 5, entries: [], more: false, count: 3 })
    const page = await store.range({ prefix: "/", startKey: "/a\0", limit: 2 })
    assert.deepEqual([list(page), page.more, page.count], [["/b=b", "/c=c"], true, 3])
    const last = await store.range({ prefix: "/", startKey: "/c", limit: 2 })
    assert.deepEqual([list(last), last.more, last.count], [["/c=c", "/d=d"], false, 2])
    assert.deepEqual(list(await store.range({ prefix: "/b", startKey: "/c" })), [])
    assert.equal((await store.range({ key: "/a", countOnly: true })).count, 1)
  })

  storeTest("reads any kept revision", open, async ({ store }) => {
    await put(store, "/a", "1")
    await put(store, "/b", "1")
    await put(store, "/a", "2")
    await remove(store, "/b")
    await put(store, "/c", "1")
    const expected = [[], ["/a=1"], ["/a=1", "/b=1"], ["/a=2", "/b=1"], ["/a=2"], ["/a=2", "/c=1"]]
    for (const [index, entries] of expected.entries()) {
      const result = await store.range({ prefix: "/", atRevision: index + 1 })
      assert.deepEqual([list(result), result.count, result.revision], [entries, entries.length, index + 1])
      const counted = await store.range({ prefix: "/", atRevision: index + 1, countOnly: true })
      assert.equal(counted.count, entries.length)
    }
    assert.deepEqual(list(await store.range({ key: "/a", atRevision: 3 })), ["/a=1"])
    assert.deepEqual(list(await store.range({ key: "/b", atRevision: 5 })), [])
    await assert.rejects(store.range({ prefix: "/", atRevision: 7 }), FutureRevisionError)
  })

  storeTest("pages at a fixed revision while writes go on", open, async ({ store }) => {
    const key = (index: number) => `/p/${String(index).padStart(3, "0")}`
    await Promise.all(Array.from({ length: 100 }, (_, index) => put(store, key(index), "old")))
    const found: string[] = []
    let startKey = "/p/"
    let atRevision: number | undefined
    for (let more = true, page = 0; more; page++) {
      const result = await store.range({ prefix: "/p/", startKey, limit: 7, ...(atRevision && { atRevision }) })
      atRevision = result.revision
      assert.equal(result.count, 100 - found.length)
      found.push(...result.entries.map((entry) => `${entry.key}=${text(entry.value)}`))
      startKey = `${result.entries.at(-1)?.key}\0`
      more = result.more
      await Promise.all([
        put(store, key(page * 7), "new"),
        remove(store, key(99 - page)),
        put(store, `/p/x${page}`, "x"),
      ])
    }
    assert.deepEqual(
      found,
      Array.from({ length: 100 }, (_, index) => `${key(index)}=old`),
    )
  })

  storeTest("keeps the history of a key, with deletions and times", open, async ({ store, platform }) => {
    const startMs = platform.clock.nowMs()
    await put(store, "/a", "1")
    await platform.advance(1000)
    await put(store, "/a", "2")
    await put(store, "/ab", "other")
    await remove(store, "/a")
    await put(store, "/a", "3")
    const history = await store.history("/a")
    assert.deepEqual(
      history.map((entry) => [
        text(entry.value),
        entry.createRevision,
        entry.modRevision,
        entry.version,
        entry.deleted,
        entry.timeMs - startMs,
      ]),
      [
        ["1", 2, 2, 1, false, 0],
        ["2", 2, 3, 2, false, 1000],
        ["", 0, 5, 0, true, 1000],
        ["3", 6, 6, 1, false, 1000],
      ],
    )
    assert.deepEqual(await store.history("/never"), [])
  })
}
