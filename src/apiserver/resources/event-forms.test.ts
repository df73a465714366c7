import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { Event as CoreEvent } from "../../api/core/v1/event.ts"
import { Event } from "../../api/events/v1/event.ts"
import { parseRequestInfo } from "../request/request-info.ts"
import { startTestBack, TEST_RESOURCES, type TestBack } from "./testing.ts"

let back: TestBack
before(async () => {
  back = await startTestBack({ resources: [...TEST_RESOURCES, Event] })
})
after(() => back.close())

const namespace = "default"
const pod = { apiVersion: "v1", kind: "Pod", name: "p", namespace }

test("an event of one form is one of the other", async () => {
  const core = back.client.of(CoreEvent)
  const other = back.client.of(Event)
  await core.create({
    metadata: { name: "a", namespace },
    involvedObject: pod,
    reason: "Started",
    message: "It started",
    reportingComponent: "kubelet",
    count: 3,
  })
  const seen = await other.get({ namespace, name: "a" })
  assert.deepEqual([seen.kind, seen.apiVersion], ["Event", "events.k8s.io/v1"])
  assert.equal(seen.note, "It started")
  assert.equal(seen.regarding.name, "p")
  assert.equal(seen.reportingController, "kubelet")
  assert.equal(seen.deprecatedCount, 3)
  // What the newer form fixes, the older one may change.
  const changed = other.patch({ namespace, name: "a" }, { note: "Changed" }, { type: "merge" })
  await assert.rejects(changed, /"a" is invalid: message: Invalid value: "Changed": field is immutable/)
  await core.patch({ namespace, name: "a" }, { message: "Changed" }, { type: "merge" })
  assert.equal((await other.get({ namespace, name: "a" })).note, "Changed")
  await other.create({
    metadata: { name: "b", namespace },
    eventTime: "2026-01-01T00:00:00.000000Z",
    regarding: { ...pod, name: "q" },
    reason: "Stopped",
    action: "Stop",
    reportingController: "example.com/c",
    reportingInstance: "c-1",
    note: "It stopped",
    type: "Normal",
  })
  assert.equal((await core.get({ namespace, name: "b" })).involvedObject.name, "q")
  const list = await other.list({ namespace, fieldSelector: "regarding.name=q" })
  assert.deepEqual(
    list.items.map(({ metadata, note }) => [metadata.name, note]),
    [["b", "It stopped"]],
  )
})

test("an event shows the times that it has not as null", async () => {
  const core = back.client.of(CoreEvent)
  await core.create({ metadata: { name: "timeless", namespace }, involvedObject: pod })
  const { firstTimestamp, lastTimestamp } = await core.get({ namespace, name: "timeless" })
  assert.deepEqual([firstTimestamp, lastTimestamp], [undefined, undefined])
  const jsonOf = async (path: string) => {
    const target = `${path}/namespaces/${namespace}/events/timeless`
    const result = await back.server.handle({
      user: { name: "tester", groups: [], extra: new Map() },
      info: parseRequestInfo("GET", target, new URLSearchParams()),
      query: new URLSearchParams(),
      body: { type: "none" },
      userAgent: "test/1.0",
      signal: new AbortController().signal,
      warn: () => undefined,
      annotate: () => undefined,
    })
    assert(result.type === "object")
    return JSON.parse(Buffer.from(result.served.json()).toString())
  }
  const older = await jsonOf("/api/v1")
  assert.deepEqual([older.firstTimestamp, older.lastTimestamp, older.eventTime], [null, null, null])
  const newer = await jsonOf("/apis/events.k8s.io/v1")
  assert.deepEqual([newer.deprecatedFirstTimestamp, newer.deprecatedLastTimestamp], [null, null])
})

test("an event vanishes after an hour", async () => {
  const core = back.client.of(CoreEvent)
  await core.create({ metadata: { name: "old", namespace }, involvedObject: pod })
  await back.platform.advance(59 * 60_000)
  assert.equal((await core.get({ namespace, name: "old" })).metadata.name, "old")
  await back.platform.advance(3 * 60_000)
  await assert.rejects(core.get({ namespace, name: "old" }), /events "old" not found/)
})
