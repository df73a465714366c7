import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { after, test } from "node:test"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { get, put, take, text } from "../conformance/subject.ts"
import {
  CompactedError,
  type Store,
  StoreCorruptError,
  StoreFullError,
  StoreIoError,
  StoreLockedError,
} from "../store.ts"
import { openSqliteStore } from "./sqlite-store.ts"

const folder = mkdtempSync(join(tmpdir(), "gantry-store-faults-"))
after(() => rmSync(folder, { recursive: true }))
const platform = createSimPlatform({ seed: 1 })
const MIB = 1024 * 1024

test("a reopened store has everything: revisions, history, compaction, leases that ran out meanwhile", async () => {
  const path = join(folder, "deep", "er", "reopen.db")
  const first = await openSqliteStore({ path, platform })
  const lease = await first.grantLease(5_000)
  await put(first, "/leased", "x", lease.id)
  await put(first, "/a", "1")
  await put(first, "/a", "2")
  await put(first, "/a", "3")
  await first.compact(4)
  await put(first, "/gone", "x")
  await first.txn({ compare: [], success: [{ type: "delete", key: "/gone" }] })
  await first.compact(7)
  await first.close()
  await platform.advance(6_000)

  const second = await openSqliteStore({ path, platform })
  const watch = take(second.watch({ prefix: "", fromRevision: 7 }), 1)
  assert.deepEqual(await watch, ["8 -/leased(x)"])
  assert.equal((await get(second, "/a"))?.version, 3)
  await assert.rejects(second.range({ prefix: "", atRevision: 6 }), CompactedError)
  assert.equal((await second.status()).compactRevision, 7)
  await second.close()
})

test("the same file cannot be opened twice", async () => {
  const path = join(folder, "twice.db")
  const store = await openSqliteStore({ path, platform })
  await assert.rejects(openSqliteStore({ path, platform }), (error) => {
    assert.ok(error instanceof StoreLockedError)
    assert.equal(error.holderPid, process.pid)
    return true
  })
  await store.close()
  await (await openSqliteStore({ path, platform })).close()
})

const strangers: readonly { readonly name: string; readonly make: (path: string) => void; readonly says: RegExp }[] = [
  { name: "text", make: (path) => writeFileSync(path, "not a database ".repeat(1000)), says: /not a database/u },
  {
    name: "the database of another program",
    make(path) {
      const db = new DatabaseSync(path)
      db.exec("CREATE TABLE t (a)")
      db.close()
    },
    says: /another program/u,
  },
  {
    name: "a newer schema",
    make(path) {
      const db = new DatabaseSync(path)
      db.exec(`PRAGMA application_id = ${0x474e5452}; PRAGMA user_version = 99; CREATE TABLE t (a)`)
      db.close()
    },
    says: /version 99/u,
  },
]
for (const { name, make, says } of strangers) {
  test(`a file that is ${name} is refused with the reason`, async () => {
    const path = join(folder, `${name.replaceAll(" ", "-")}.db`)
    make(path)
    const before = readFileSync(path)
    for (let attempt = 0; attempt < 2; attempt++) {
      await assert.rejects(openSqliteStore({ path, platform }), (error) => {
        assert.ok(error instanceof StoreCorruptError)
        assert.match(error.message, says)
        assert.match(error.message, /restore a backup/u)
        return true
      })
    }
    assert.deepEqual(readFileSync(path), before)
  })
}

test("a folder in place of the file is an I/O error, and a broken page is reported as corruption", async () => {
  const asFolder = join(folder, "folder.db")
  mkdirSync(asFolder)
  await assert.rejects(openSqliteStore({ path: asFolder, platform }), StoreIoError)

  const path = join(folder, "broken.db")
  const store = await openSqliteStore({ path, platform })
  await Promise.all(Array.from({ length: 500 }, (_, index) => put(store, `/${index}`, "x".repeat(500))))
  await store.close()
  const file = readFileSync(path)
  file.fill(0xaa, 8 * 4096)
  writeFileSync(path, file)
  await assert.rejects(async () => {
    const broken = await openSqliteStore({ path, platform })
    try {
      await broken.range({ prefix: "" })
    } finally {
      await broken.close()
    }
  }, StoreCorruptError)
})

test("a file at its cap refuses writes, goes on reading, and works again once history is compacted", async () => {
  const store = await openSqliteStore({ path: join(folder, "capped.db"), platform, fileBytesMax: 2 * MIB })
  const last = await fill(store)
  await assert.rejects(put(store, "/filler", "x".repeat(100_000)), StoreFullError)
  assert.equal((await get(store, "/filler"))?.modRevision, last)
  assert.equal(await store.revision(), last)
  assert.equal((await store.range({ prefix: "", atRevision: 2 })).entries.length, 1)
  await store.compact(last)
  // A refused sweep would be tried later; this one has freed its rows once the next call is answered.
  await store.status()
  assert.equal((await put(store, "/filler", "x".repeat(100_000))).revision, last + 1)
  await store.close()
})

test("a full disk refuses writes with the reason, and reads go on", { skip: mountReason() }, async () => {
  const mount = join(folder, "disk")
  const { processes } = createNodePlatform()
  mkdirSync(mount)
  assert.equal((await processes.run("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", mount])).code, 0)
  try {
    const store = await openSqliteStore({ path: join(mount, "store.db"), platform })
    const last = await fill(store)
    await assert.rejects(put(store, "/filler", "x".repeat(100_000)), StoreFullError)
    assert.equal(text((await get(store, "/filler"))?.value ?? new Uint8Array(0)), "x".repeat(100_000))
    assert.equal(await store.revision(), last)
    await store.close()
    const again = await openSqliteStore({ path: join(mount, "store.db"), platform })
    assert.equal((await get(again, "/filler"))?.modRevision, last)
    await again.close()
  } finally {
    assert.equal((await processes.run("umount", [mount])).code, 0)
  }
})

test("history stays below its cap in bytes while writes go on", async () => {
  const path = join(folder, "retention.db")
  const store = await openSqliteStore({ path, platform, retention: { ageMsMax: 1e12, bytesMax: MIB } })
  for (let round = 0; round < 60; round++) {
    await Promise.all(Array.from({ length: 100 }, (_, index) => put(store, `/k${index}`, "x".repeat(1000))))
  }
  await settled(store)
  const { historyBytes, keyCount, compactRevision, revision } = await store.status()
  assert.equal(keyCount, 100)
  assert.ok(historyBytes < 1.1 * MIB && historyBytes > 0.8 * MIB, `${historyBytes} bytes of history`)
  assert.ok(compactRevision < revision)
  assert.equal((await store.range({ prefix: "", atRevision: compactRevision })).count, 100)
  await store.close()
})

test("a store is created from a snapshot, once", async () => {
  const source = await openSqliteStore({ path: join(folder, "source.db"), platform })
  for (let index = 0; index < 50; index++) await put(source, `/${index % 7}`, String(index))
  const chunks = await Array.fromAsync(source.snapshot())
  const path = join(folder, "copy.db")
  const copy = await openSqliteStore({ path, platform, snapshot: chunks })
  assert.deepEqual(await copy.range({ prefix: "" }), await source.range({ prefix: "" }))
  await copy.close()
  await source.close()
  await assert.rejects(openSqliteStore({ path, platform, snapshot: chunks }), /exists already/u)
  const again = await openSqliteStore({ path, platform })
  assert.equal((await put(again, "/new", "x")).revision, 52)
  await again.close()
})

/** Overwrites one large key until there is no space; returns the last acknowledged revision. */
async function fill(store: Store): Promise<number> {
  for (let last = 1; ; ) {
    try {
      last = (await put(store, "/filler", "x".repeat(100_000))).revision
    } catch (error) {
      assert.ok(error instanceof StoreFullError)
      return last
    }
  }
}

/** Waits until background compaction changes nothing any more. */
async function settled(store: Store): Promise<void> {
  for (let last = -1, now = 0; last !== now; ) {
    last = (await store.status()).historyBytes
    await platform.advance(60_000)
    now = (await store.status()).historyBytes
  }
}

function mountReason(): string | false {
  return process.getuid?.() === 0 ? false : "mounting a small disk needs root"
}
