import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { ConfigMap } from "../api/core/v1/config-map.ts"
import { startInformer } from "../client/informer.ts"
import { isForbidden, isNotFound } from "../machinery/status/predicates.ts"
import { authorized } from "./front.ts"
import { createInProcessTransport } from "./in-process.ts"
import { startTestBack, type TestBack } from "./resources/testing.ts"

let back: TestBack
before(async () => {
  back = await startTestBack()
})
after(() => back.close())

const user = { name: "tester", groups: [], extra: new Map<string, readonly string[]>() }
const namespace = "default"

test("an informer follows over it, also after the server ended its watch", async () => {
  const maps = back.client.of(ConfigMap)
  await maps.create({ metadata: { name: "a", namespace } })
  const stop = new AbortController()
  const informer = startInformer(back.client, ConfigMap, { platform: back.platform, signal: stop.signal })
  const changes: string[] = []
  informer.onChange(({ type, object }) => changes.push(`${type} ${object.metadata.name}`))
  await informer.synced
  const created = await maps.create({ metadata: { name: "b", namespace } })
  await informer.reached(created.metadata.resourceVersion)
  // The longest time that a watch without a timeout of its own lasts.
  await back.platform.advance(3_700_000)
  await maps.delete({ namespace, name: "a" })
  await informer.until(() => informer.get("default/a") === undefined)
  assert.deepEqual(changes, ["added a", "added b", "deleted a"])
  stop.abort()
})

test("it skips sockets, not authorization", async () => {
  const handler = authorized({
    authorizer: { authorize: () => ({ allowed: false, reason: "nobody may" }) },
    platform: back.platform,
    handler: back.server.handle,
  })
  const transport = createInProcessTransport(handler, user)
  const request = { method: "GET", path: "/api/v1/namespaces/default/configmaps" } as const
  await assert.rejects(transport.send(request), isForbidden)
  const events = transport.watch({ ...request, query: new Map([["watch", "true"]]) })[Symbol.asyncIterator]()
  await assert.rejects(events.next(), isForbidden)
})

test("a refusal without a status is an error like any other", async () => {
  const request = { method: "GET", path: "/apis/nosuch.example.com/v1/things" } as const
  await assert.rejects(back.transport.send(request), isNotFound)
  const watched = { ...request, query: new Map([["watch", "true"]]) }
  await assert.rejects(back.transport.watch(watched)[Symbol.asyncIterator]().next(), isNotFound)
})

test("a watch that nobody reads any more is freed", async () => {
  const stop = new AbortController()
  const query = new Map([["watch", "true"]])
  const path = "/api/v1/configmaps"
  const stream = back.transport.watch({ method: "GET", path, query, signal: stop.signal })
  const events = stream[Symbol.asyncIterator]()
  await events.next()
  const pending = (async () => {
    for (;;) if ((await events.next()).done) return
  })()
  stop.abort()
  await pending
  assert.equal((await events.next()).done, true)
})

test("documents that are kept as bytes are parsed", async () => {
  const headers = { "content-type": "application/json" }
  const raw = createInProcessTransport(
    () => Promise.resolve({ type: "raw", code: 200, headers, body: Buffer.from('{"major":"1"}') }),
    user,
  )
  assert.deepEqual(await raw.send({ method: "GET", path: "/version" }), { major: "1" })
})
