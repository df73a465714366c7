import assert from "node:assert/strict"
import { LeaseNotFoundError } from "../store.ts"
import { get, list, type OpenStore, put, remove, storeTest, take } from "./subject.ts"

export function leaseCases(open: OpenStore): void {
  storeTest("keys of an expired lease are deleted by a normal event", open, async ({ store, platform }) => {
    const lease = await store.grantLease(10_000)
    await put(store, "/e/1", "a", lease.id)
    await put(store, "/e/2", "b", lease.id)
    await put(store, "/keep", "c")
    assert.equal((await get(store, "/e/1"))?.leaseId, lease.id)
    const watch = take(store.watch({ prefix: "/e", fromRevision: 4 }), 2)
    await platform.advance(9_999)
    assert.equal((await store.range({ prefix: "/e" })).count, 2)
    await platform.advance(1)
    assert.deepEqual(await watch, ["5 -/e/1(a)", "5 -/e/2(b)"])
    assert.deepEqual(list(await store.range({ prefix: "" })), ["/keep=c"])
    await assert.rejects(put(store, "/e/1", "x", lease.id), LeaseNotFoundError)
  })

  storeTest("a key put again without the lease stays", open, async ({ store, platform }) => {
    const first = await store.grantLease(1_000)
    const second = await store.grantLease(2_000)
    assert.notEqual(first.id, second.id)
    await put(store, "/stays", "1", first.id)
    await put(store, "/stays", "2")
    await put(store, "/moves", "1", first.id)
    await put(store, "/moves", "2", second.id)
    await put(store, "/goes", "1", first.id)
    await put(store, "/again", "1", first.id)
    await remove(store, "/again")
    await put(store, "/again", "2")
    const revision = await store.revision()
    const gone = take(store.watch({ prefix: "", fromRevision: revision }), 2)
    await platform.advance(1_000)
    await store.status()
    await platform.advance(1_000)
    assert.deepEqual(await gone, [`${revision + 1} -/goes(1)`, `${revision + 2} -/moves(2)`])
    assert.deepEqual(list(await store.range({ prefix: "" })), ["/again=2", "/stays=2"])
  })

  storeTest("revoking deletes at once", open, async ({ store }) => {
    const lease = await store.grantLease(60_000)
    await put(store, "/a", "1", lease.id)
    await store.revokeLease(lease.id)
    assert.equal(await get(store, "/a"), undefined)
    await assert.rejects(store.revokeLease(lease.id), LeaseNotFoundError)
  })

  storeTest("many keys and many leases expire", open, async ({ store, platform }) => {
    const one = await store.grantLease(1_000)
    const writes = Array.from({ length: 700 }, (_, index) => put(store, `/one/${index}`, "x", one.id))
    for (let index = 0; index < 300; index++) {
      const lease = await store.grantLease(1_000)
      writes.push(put(store, `/many/${index}`, "x", lease.id))
    }
    await Promise.all(writes)
    const gone = take(store.watch({ prefix: "", fromRevision: await store.revision() }), 1000)
    await platform.advance(1_000)
    // The store says when it is time for more only after it has deleted some.
    for (let left = 1; left > 0; left = (await store.range({ prefix: "", countOnly: true })).count) {
      await platform.advance(0)
    }
    assert.equal(new Set(await gone).size, 1000)
  })
}
