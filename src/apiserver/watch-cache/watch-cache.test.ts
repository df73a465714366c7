import assert from "node:assert/strict"
import { test } from "node:test"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { DEPTH_MAX } from "../../machinery/json/parse.ts"
import type { KubeObject } from "../../machinery/schema/resource.ts"
import { isExpired } from "../../machinery/status/predicates.ts"
import { CachedObject, toStoredBytes } from "./cached-object.ts"
import { SortedMap } from "./sorted-map.ts"
import { WatchCache } from "./watch-cache.ts"
import { CacheWatcher } from "./watcher.ts"

const PREFIX = "/registry/configmaps/"
const EVENTS_KEPT = 4

function object(name: string, revision: number): CachedObject {
  const metadata = { name, namespace: "d", uid: name, resourceVersion: "", creationTimestamp: "2026-01-01T00:00:00Z" }
  const stored = toStoredBytes(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata })
  return new CachedObject(ConfigMap, `${PREFIX}d/${name}`, revision, stored)
}

function start() {
  const cache = new WatchCache(ConfigMap, [], EVENTS_KEPT)
  cache.load([object("a", 5)], 5)
  const put = (name: string, revision: number) => {
    const next = object(name, revision)
    cache.apply(next.key, revision, next)
  }
  const watch = (fromRevision: number) =>
    new CacheWatcher(cache, {
      selection: { prefix: PREFIX },
      fromRevision,
      initial: [],
      endOfInitialEvents: false,
      bookmarks: false,
      signal: new AbortController().signal,
      reached: () => 0,
      onEnd: () => undefined,
    })
  return { cache, put, watch }
}

test("what is sent to several watchers is made once", async () => {
  const { put, watch } = start()
  const watchers = [watch(5), watch(5)]
  const pending = watchers.map((watcher) => watcher.next())
  put("b", 6)
  const [first, second] = await Promise.all(pending)
  assert.equal(first?.value?.type, "ADDED")
  assert.equal(first?.value, second?.value)
})

test("a watcher that comes late finds what it missed", async () => {
  const { put, watch } = start()
  put("b", 6)
  put("a", 7)
  const watcher = watch(6)
  const { value } = await watcher.next()
  assert.deepEqual([value?.type, value?.served.object.metadata.resourceVersion], ["MODIFIED", "7"])
})

test("a watcher that falls behind is told to list again", async () => {
  const { put, watch } = start()
  const watcher = watch(5)
  for (let i = 0; i <= EVENTS_KEPT; i++) put("b", 6 + i)
  await assert.rejects(watcher.next(), isExpired)
  assert.equal((await watcher.next()).done, true)
})

test("whoever takes events as they happen gets all of them in order, also after a wait", async () => {
  const { cache, put, watch } = start()
  const taken: string[] = []
  const free = Promise.withResolvers<boolean>()
  const over = watch(5).pump((event) => {
    taken.push(`${event.type} ${event.served.object.metadata.name}`)
    return taken.length === 2 ? free.promise : true
  })
  put("b", 6)
  assert.deepEqual(taken, ["ADDED b"])
  put("a", 7)
  put("c", 8)
  assert.deepEqual(taken, ["ADDED b", "MODIFIED a"])
  free.resolve(true)
  await free.promise
  put("b", 9)
  cache.finishAll()
  await over
  assert.deepEqual(taken, ["ADDED b", "MODIFIED a", "ADDED c", "MODIFIED b"])
  assert.equal(cache.watcherCount, 0)
})

test("whoever takes events ends the watch, or is told what ended it, and harms no other", async () => {
  const { cache, put, watch } = start()
  const waits = Promise.withResolvers<boolean>()
  const stopped = watch(5).pump(() => false)
  const broken = watch(5).pump(() => {
    throw new RangeError("cannot be shown")
  })
  const slow = watch(5).pump(() => waits.promise)
  const other = watch(5)
  put("b", 6)
  await stopped
  await assert.rejects(broken, RangeError)
  assert.equal((await other.next()).value?.type, "ADDED")
  assert.equal(cache.watcherCount, 2)
  for (let i = 0; i <= EVENTS_KEPT; i++) put("b", 7 + i)
  waits.resolve(true)
  await assert.rejects(slow, isExpired)
})

test("loading again ends the watches from before", async () => {
  const { cache, watch } = start()
  const watcher = watch(5)
  const pending = watcher.next()
  cache.load([], 9)
  await assert.rejects(pending, isExpired)
  assert.equal(cache.watcherCount, 0)
})

test("the served bytes carry the version", () => {
  const one = object("a", 5)
  assert.deepEqual(JSON.parse(Buffer.from(one.json()).toString()), one.object)
  assert.equal(one.object.metadata.resourceVersion, "5")
  assert.equal(one.json(), one.json())
  const later = one.at(9)
  assert.deepEqual(later.object, { ...one.object, metadata: { ...one.object.metadata, resourceVersion: "9" } })
  assert.deepEqual(JSON.parse(Buffer.from(later.json()).toString()), later.object)
})

test("bytes that were written differently are read all the same", () => {
  const text = '{"metadata":{"name":"a","namespace":"d"},"kind":"ConfigMap"}'
  const one = new CachedObject(ConfigMap, `${PREFIX}d/a`, 5, Buffer.from(text))
  assert.deepEqual(JSON.parse(Buffer.from(one.json()).toString()), {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", namespace: "d", resourceVersion: "5" },
  })
})

test("a sorted map is walked in order, by prefix, from anywhere", () => {
  const map = new SortedMap<number>()
  for (const [index, key] of ["b/2", "a/1", "b/1", "c/1", "b/3"].entries()) map.set(key, index)
  map.delete("b/3")
  assert.deepEqual(map.values("b/"), [2, 0])
  assert.deepEqual(map.values("b/", "b/1\0"), [0])
  assert.deepEqual(map.values(""), [1, 2, 0, 3])
})

test("what is stored is read again, also where managed fields are nested deeper than a body may be", () => {
  const fieldsV1 = JSON.parse(`${'{"f:a":'.repeat(DEPTH_MAX)}{}${"}".repeat(DEPTH_MAX)}`) as object
  const entry = { manager: "m", operation: "Update" as const, apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1 }
  const { metadata } = object("a", 5).object
  const changed = { apiVersion: "v1", kind: "ConfigMap", metadata: { ...metadata, managedFields: [entry] } }
  const stored = toStoredBytes(ConfigMap, changed as KubeObject)
  const read = new CachedObject(ConfigMap, `${PREFIX}d/a`, 6, stored).object
  assert.deepEqual(read.metadata.managedFields?.[0]?.fieldsV1, fieldsV1)
})
