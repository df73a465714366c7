import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import type { WatchEvent } from "../../client/transport.ts"
import { isExpired } from "../../machinery/status/predicates.ts"
import { startTestBack, type TestBack } from "./testing.ts"

let back: TestBack
before(async () => {
  back = await startTestBack()
})
after(() => back.close())

interface Meta {
  readonly metadata: {
    readonly name: string
    readonly resourceVersion: string
    readonly annotations?: Record<string, string>
  }
}

const maps = () => back.client.of(ConfigMap)
const create = (namespace: string, name: string, labels: Record<string, string> = {}) =>
  maps().create({ metadata: { name, namespace, labels } })
const watch = (namespace: string, query: Record<string, string>) => {
  const path = `/api/v1/namespaces/${namespace}/configmaps`
  const stream = back.transport.watch({
    method: "GET",
    path,
    query: new Map(Object.entries({ watch: "true", ...query })),
  })
  return stream[Symbol.asyncIterator]() as AsyncIterator<WatchEvent<Meta>>
}
const next = async (events: AsyncIterator<WatchEvent<Meta>>) => {
  const { value } = (await events.next()) as { value: WatchEvent<Meta> | undefined }
  return value === undefined ? "end" : `${value.type} ${value.object.metadata.name ?? ""}`.trim()
}

test("follows changes after a version, of one namespace", async () => {
  const first = await create("follow", "a")
  const events = watch("follow", { resourceVersion: first.metadata.resourceVersion })
  const pending = next(events)
  await create("elsewhere", "x")
  await create("follow", "b")
  assert.equal(await pending, "ADDED b")
  await maps().patch({ namespace: "follow", name: "a" }, { data: { k: "v" } }, { type: "merge" })
  await maps().delete({ namespace: "follow", name: "b" })
  assert.equal(await next(events), "MODIFIED a")
  assert.equal(await next(events), "DELETED b")
  await events.return?.()
})

test("objects enter and leave a selection", async () => {
  const key = { namespace: "select", name: "a" }
  const { metadata } = await create(key.namespace, key.name, { on: "no" })
  const events = watch("select", { resourceVersion: metadata.resourceVersion, labelSelector: "on=yes" })
  const set = (on: string) => maps().patch(key, { metadata: { labels: { on } } }, { type: "merge" })
  await set("yes")
  assert.equal(await next(events), "ADDED a")
  const left = await set("no")
  const { value } = (await events.next()) as { value: WatchEvent<Meta> }
  assert.equal(value.type, "DELETED")
  // The version at which it left, so that a client goes on from there.
  assert.equal(value.object.metadata.resourceVersion, left.metadata.resourceVersion)
  await events.return?.()
})

test("begins with what there is, says when that was all, and ends in time", async () => {
  await create("initial", "a")
  await create("initial", "b")
  const query = { sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan", allowWatchBookmarks: "true" }
  const events = watch("initial", { ...query, timeoutSeconds: "100" })
  assert.equal(await next(events), "ADDED a")
  assert.equal(await next(events), "ADDED b")
  const { value } = (await events.next()) as { value: WatchEvent<Meta> }
  assert.equal(value.type, "BOOKMARK")
  assert.deepEqual({ ...value.object.metadata.annotations }, { "k8s.io/initial-events-end": "true" })
  const bookmark = next(events)
  await back.platform.advance(61_000)
  assert.equal(await bookmark, "BOOKMARK")
  const last = next(events)
  await back.platform.advance(40_000)
  assert.equal(await last, "BOOKMARK")
  assert.equal(await next(events), "end")
})

test("a version before the log is too old", async () => {
  await create("old", "a")
  const other = await startTestBack({ store: back.store })
  const path = "/api/v1/configmaps"
  const query = new Map([
    ["watch", "true"],
    ["resourceVersion", "1"],
  ])
  const events = other.transport.watch({ method: "GET", path, query })[Symbol.asyncIterator]()
  await assert.rejects(
    events.next(),
    (error) => isExpired(error) && /^too old resource version: 1 \(\d+\)$/.test(error.message),
  )
  other.server.close()
})

test("what does not go together is refused", async () => {
  const events = watch("x", { sendInitialEvents: "true" })
  await assert.rejects(events.next(), {
    message:
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
  })
  await assert.rejects(watch("x", { fieldSelector: "data=x" }).next(), {
    message: '"data" is not a known field selector: only "metadata.name", "metadata.namespace"',
  })
})

test("a kubelet sees the pods of its node", async () => {
  const path = "/api/v1/pods"
  const query = new Map([
    ["watch", "true"],
    ["fieldSelector", "spec.nodeName=n1"],
  ])
  const events = back.transport.watch({ method: "GET", path, query })[Symbol.asyncIterator]() as AsyncIterator<
    WatchEvent<Meta>
  >
  const pending = next(events)
  for (const [name, node] of [
    ["other", "n2"],
    ["mine", "n1"],
  ]) {
    const metadata = { name: name ?? "", namespace: "default" }
    await back.client.of(Pod).create({ metadata, spec: { containers: [{ name: "c", image: "i" }] } })
    const target = { kind: "Node", name: node }
    await back.client.raw.post(`/api/v1/namespaces/default/pods/${name}/binding`, { metadata, target })
  }
  assert.equal(await pending, "ADDED mine")
  await back.client.of(Pod).delete({ namespace: "default", name: "mine" }, { gracePeriodSeconds: 0 })
  assert.equal(await next(events), "DELETED mine")
  await events.return?.()
})

test("many writers of one object all succeed, one after the other", async () => {
  await create("race", "counter")
  const add = (i: number) =>
    maps().patch({ namespace: "race", name: "counter" }, { data: { [`k${i}`]: "x" } }, { type: "merge" })
  await Promise.all(Array.from({ length: 20 }, (_, i) => add(i)))
  const { data = {} } = await maps().get({ namespace: "race", name: "counter" })
  assert.equal(Object.keys(data).length, 20)
})

test("closing the server ends its watches", async () => {
  const other = await startTestBack()
  const query = new Map([["watch", "true"]])
  const events = other.transport.watch({ method: "GET", path: "/api/v1/configmaps", query })[Symbol.asyncIterator]()
  const pending = events.next()
  // The watch is open once the event loop has turned.
  await other.platform.advance(1)
  await other.close()
  assert.equal((await pending).done, true)
})
