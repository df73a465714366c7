import assert from "node:assert/strict"
import { test } from "node:test"
import { RECENT_BYTES_MAX, RECENT_EVENTS_MAX, RecentEvents } from "./recent-events.ts"
import type { WatchEvent } from "./store.ts"

function event(modRevision: number, key: string, bytes = 1): WatchEvent {
  const value = new Uint8Array(bytes)
  const entry = { key, value, createRevision: modRevision, modRevision, version: 1, leaseId: 0 }
  return { type: "put", entry, previous: undefined }
}

test("reads whole revisions under a prefix", () => {
  const recent = new RecentEvents(10)
  recent.push([event(11, "/a"), event(11, "/b")])
  recent.push([event(12, "/b")])
  recent.push([event(13, "/a"), event(13, "/a/2")])
  const read = (after: number, max: number) => {
    const { revision, events } = recent.read("/a", after, max)
    return [revision, events.map(({ entry }) => `${entry.modRevision} ${entry.key}`)]
  }
  assert.deepEqual(read(10, 1), [11, ["11 /a"]])
  assert.deepEqual(read(11, 1), [13, ["13 /a", "13 /a/2"]])
  assert.deepEqual(read(13, 1), [13, []])
  assert.deepEqual([recent.covers(9), recent.covers(10), recent.revision], [false, true, 13])
})

test("forgets the oldest beyond a number of events and of bytes", () => {
  const recent = new RecentEvents(1)
  const pushed = RECENT_EVENTS_MAX * 3
  for (let revision = 2; revision < pushed + 2; revision++) recent.push([event(revision, "/a")])
  const oldest = pushed + 1 - RECENT_EVENTS_MAX
  assert.deepEqual([recent.covers(oldest - 1), recent.covers(oldest), recent.revision], [false, true, pushed + 1])
  assert.equal(recent.read("/", oldest, Infinity).events.length, RECENT_EVENTS_MAX)
  recent.push([event(pushed + 2, "/a", RECENT_BYTES_MAX + 1)])
  assert.deepEqual([recent.covers(pushed + 1), recent.covers(pushed + 2)], [false, true])
  recent.push([event(pushed + 3, "/b")])
  assert.equal(recent.read("/", pushed + 2, 10).events.length, 1)
})
