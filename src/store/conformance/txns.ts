import assert from "node:assert/strict"
import { LeaseNotFoundError, StoreClosedError } from "../store.ts"
import { bytes, get, list, type OpenStore, put, remove, storeTest, text } from "./subject.ts"

export function txnCases(open: OpenStore): void {
  storeTest("an empty store is at revision 1", open, async ({ store }) => {
    assert.equal(await store.revision(), 1)
    assert.deepEqual(await store.range({ prefix: "" }), { revision: 1, entries: [], more: false, count: 0 })
  })

  storeTest("counts versions, and starts again after a deletion", open, async ({ store }) => {
    assert.equal((await put(store, "/a", "1")).revision, 2)
    assert.equal((await put(store, "/a", "2")).revision, 3)
    const second = { key: "/a", value: bytes("2"), createRevision: 2, modRevision: 3, version: 2, leaseId: 0 }
    assert.deepEqual(plain(await get(store, "/a")), second)
    await remove(store, "/a")
    assert.equal(await get(store, "/a"), undefined)
    await put(store, "/a", "3")
    assert.deepEqual(plain(await get(store, "/a")), {
      key: "/a",
      value: bytes("3"),
      createRevision: 5,
      modRevision: 5,
      version: 1,
      leaseId: 0,
    })
    assert.equal(await store.revision(), 5)
  })

  storeTest("one transaction is one revision and reports what it replaced", open, async ({ store }) => {
    await put(store, "/a", "old")
    await put(store, "/b", "gone")
    const result = await store.txn({
      compare: [],
      success: [
        { type: "put", key: "/a", value: bytes("new") },
        { type: "delete", key: "/b" },
        { type: "put", key: "/c", value: bytes("c") },
        { type: "delete", key: "/missing" },
      ],
    })
    assert.equal(result.revision, 4)
    assert.ok(result.succeeded)
    assert.deepEqual(
      result.previous.map((entry) => entry && text(entry.value)),
      ["old", "gone", undefined, undefined],
    )
    assert.deepEqual(list(await store.range({ prefix: "/" })), ["/a=new", "/c=c"])
  })

  storeTest("a transaction that changes nothing makes no revision", open, async ({ store }) => {
    await put(store, "/a", "1")
    assert.equal((await remove(store, "/missing")).revision, 2)
    assert.equal((await store.txn({ compare: [], success: [] })).revision, 2)
  })

  storeTest("a failed comparison changes nothing and reads the failure keys", open, async ({ store }) => {
    await put(store, "/a", "1")
    const conditions = [
      [{ key: "/a", absent: true }],
      [{ key: "/a", modRevision: 1 }],
      [{ key: "/missing", modRevision: 2 }],
      [
        { key: "/a", modRevision: 2 },
        { key: "/a", absent: true },
      ],
    ] as const
    for (const compare of conditions) {
      const success = [{ type: "put", key: "/a", value: bytes("x") }] as const
      const result = await store.txn({ compare, success, failure: ["/a", "/missing"] })
      assert.ok(!result.succeeded)
      assert.equal(result.revision, 2)
      assert.deepEqual(
        result.entries.map((entry) => entry && text(entry.value)),
        ["1", undefined],
      )
    }
    assert.equal(await store.revision(), 2)
  })

  storeTest("of concurrent compare-and-swaps exactly one wins each round", open, async ({ store }) => {
    await put(store, "/counter", "0")
    const rounds = Array.from({ length: 8 }, (_, writer) => incrementUntil(writer, 5))
    async function incrementUntil(_writer: number, times: number): Promise<number> {
      let attempts = 0
      for (let done = 0; done < times; attempts++) {
        const entry = await get(store, "/counter")
        assert.ok(entry)
        const result = await store.txn({
          compare: [{ key: "/counter", modRevision: entry.modRevision }],
          success: [{ type: "put", key: "/counter", value: bytes(String(Number(text(entry.value)) + 1)) }],
        })
        if (result.succeeded) done++
      }
      return attempts
    }
    await Promise.all(rounds)
    const counter = await get(store, "/counter")
    assert.ok(counter)
    assert.equal(text(counter.value), "40")
    assert.equal(counter.version, 41)
    const creations = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        store.txn({
          compare: [{ key: "/once", absent: true }],
          success: [{ type: "put", key: "/once", value: bytes(String(index)) }],
        }),
      ),
    )
    assert.equal(creations.filter((result) => result.succeeded).length, 1)
  })

  storeTest("transactions take effect in the order of the calls, reads see them at once", open, async ({ store }) => {
    const writes = Array.from({ length: 200 }, (_, index) => put(store, "/a", String(index)))
    const read = get(store, "/a")
    const revisions = (await Promise.all(writes)).map((result) => result.revision)
    assert.deepEqual(
      revisions,
      Array.from({ length: 200 }, (_, index) => index + 2),
    )
    assert.equal(text((await read)?.value ?? bytes("")), "199")
  })

  storeTest("keeps values of any size and content", open, async ({ store }) => {
    const values = [new Uint8Array(0), new Uint8Array([0, 255, 0]), new Uint8Array(300_000).fill(7)]
    const success = values.map((value, index) => ({ type: "put", key: `/v${index}`, value }) as const)
    await store.txn({ compare: [], success })
    const { entries } = await store.range({ prefix: "/v" })
    assert.deepEqual(
      entries.map((entry) => new Uint8Array(entry.value)),
      values,
    )
  })

  storeTest("refuses calls that break the contract", open, async ({ store }) => {
    const value = bytes("x")
    const twice = [
      { type: "put", key: "/a", value },
      { type: "delete", key: "/a" },
    ] as const
    await assert.rejects(store.txn({ compare: [], success: twice }), TypeError)
    await assert.rejects(put(store, "", "x"), TypeError)
    await assert.rejects(put(store, "/\0", "x"), TypeError)
    await assert.rejects(put(store, "/\ud800", "x"), TypeError)
    await assert.rejects(store.range({ prefix: "/", limit: 0 }), RangeError)
    await assert.rejects(put(store, "/a", "x", 99), LeaseNotFoundError)
    assert.equal(await store.revision(), 1)
  })

  storeTest("after close everything says so", open, async ({ store }) => {
    const write = put(store, "/a", "1")
    await store.close()
    await store.close()
    assert.equal((await write).revision, 2)
    await assert.rejects(put(store, "/a", "2"), StoreClosedError)
    await assert.rejects(store.range({ prefix: "" }), StoreClosedError)
    await assert.rejects(store.revision(), StoreClosedError)
    assert.throws(() => store.watch({ prefix: "", fromRevision: 1 }), StoreClosedError)
  })
}

/** The same with its value as a plain array of bytes, whatever buffer it lies in. */
function plain<T extends { readonly value: Uint8Array }>(entry: T | undefined): T | undefined {
  return entry && { ...entry, value: new Uint8Array(entry.value) }
}
