import assert from "node:assert/strict"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { dirname, join } from "node:path"
import { after, before, test } from "node:test"
import { ConfigMap } from "../api/core/v1/config-map.ts"
import { ConnectionError } from "../client/https/connection-error.ts"
import { createHttpsTransport, type HttpsTransport } from "../client/https/https-transport.ts"
import { startInformer } from "../client/informer.ts"
import { createClient } from "../client/typed-client.ts"
import { expired, notFound, tooManyRequests } from "../machinery/status/errors.ts"
import { isExpired, isNotFound, isServiceUnavailable, isTooManyRequests } from "../machinery/status/predicates.ts"
import { createNodePlatform } from "../platform/node/platform.ts"
import type { ApiCall, ApiResult, ServedEvent } from "./call.ts"
import { served, startTestServer, type TestServer } from "./testing.ts"

const platform = createNodePlatform({ logLevel: "error" })
const resource = ConfigMap
let refusals = 0
const pausesMs: number[] = []
/** Nobody wants to wait for pauses; their length is what counts. */
const hasty = {
  ...platform,
  clock: {
    ...platform.clock,
    sleep: async (delayMs: number) => {
      pausesMs.push(delayMs)
    },
  },
}
let watches: ((event: ServedEvent | Error | undefined) => void)[] = []

async function* pushed(call: ApiCall): AsyncIterable<ServedEvent> {
  const queue: (ServedEvent | Error | undefined)[] = []
  let wake = () => {}
  const push = (event: ServedEvent | Error | undefined) => {
    queue.push(event)
    wake()
  }
  watches.push(push)
  call.signal.addEventListener("abort", () => push(undefined), { once: true })
  for (;;) {
    while (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve))
    const event = queue.shift()
    if (event === undefined) return
    if (event instanceof Error) throw event
    yield event
  }
}

async function back(call: ApiCall): Promise<ApiResult> {
  const { name, verb } = call.info
  if (name === "missing") throw notFound({ group: "", resource: "configmaps" }, name)
  if (name === "busy" && refusals-- > 0) throw tooManyRequests("try later", 3)
  if (name === "never") throw tooManyRequests("go away", 1)
  if (verb === "watch") return { type: "watch", resource, events: pushed(call) }
  if (verb === "list") {
    const items = Array.from({ length: 3000 }, (_, at) => served(`cm-${at}`, { data: { text: "x".repeat(100) } }))
    return { type: "list", resource, items, metadata: { resourceVersion: "9" } }
  }
  return { type: "object", code: 200, resource, served: served(name, { data: { long: "1" } }) }
}

let server: TestServer
let transport: HttpsTransport
before(async () => {
  server = await startTestServer(back)
  transport = connectTo(server)
})
after(async () => {
  transport.close()
  await server.close()
})

function connectTo({ url, pki }: TestServer): HttpsTransport {
  const { ca, admin } = pki
  return createHttpsTransport({
    server: url,
    ca: ca.cert,
    cert: admin.cert,
    key: admin.key,
    platform: hasty,
    userAgent: "t/1",
  })
}
const path = "/api/v1/namespaces/default/configmaps"
const get = (name: string) => ({ method: "GET", path: `${path}/${name}` }) as const

test("gets, lists and sends bodies with the certificate's identity", async () => {
  const client = createClient(transport, { fieldManager: "tester" })
  const found = await client.of(ConfigMap).get({ namespace: "default", name: "a" })
  assert.equal(found.metadata.name, "a")
  const call = server.calls.at(-1)
  assert.equal(call?.user.name, "test-admin")
  assert.equal(call?.userAgent, "t/1")
  const list = await client.of(ConfigMap).list({ namespace: "default", labelSelector: "a in (b,c)" })
  assert.equal(list.items.length, 3000)
  assert.equal(server.calls.at(-1)?.query.get("labelSelector"), "a in (b,c)")
  await client.of(ConfigMap).patch({ namespace: "default", name: "a" }, { data: null }, { type: "merge" })
  const body = server.calls.at(-1)?.body
  assert.equal(body?.type === "bytes" && body.contentType, "application/merge-patch+json")
  assert.equal(body?.type === "bytes" && Buffer.from(body.bytes).toString(), '{"data":null}')
})

test("turns refusals into the errors they were", async () => {
  await assert.rejects(transport.send(get("missing")), (error) => isNotFound(error))
})

test("repeats what the server asks to repeat, but not for ever", async () => {
  refusals = 3
  const before = server.calls.length
  await transport.send(get("busy"))
  assert.equal(server.calls.length - before, 1 + 3)
  assert.deepEqual(pausesMs.splice(0), [3000, 3000, 3000])
  await assert.rejects(transport.send(get("never")), (error) => isTooManyRequests(error))
  assert.equal(pausesMs.length, 10)
})

test("streams watches; an error event ends them with that error, aborting ends them quietly", async () => {
  watches = []
  const long = { data: { text: "ü".repeat(100_000) } }
  const aborts = new AbortController()
  const events = transport.watch({ method: "GET", path, query: new Map([["watch", "1"]]), signal: aborts.signal })
  const iterator = events[Symbol.asyncIterator]()
  const first = iterator.next()
  while (watches.length === 0) await new Promise((resolve) => setImmediate(resolve))
  watches[0]?.({ type: "ADDED", served: served("a", long) })
  const event = await first
  assert.equal(event.done, false)
  assert.deepEqual(event.value, { type: "ADDED", object: served("a", long).object })
  watches[0]?.(expired("too old"))
  await assert.rejects(iterator.next(), (error) => isExpired(error))
  const other = transport.watch({ method: "GET", path, query: new Map([["watch", "1"]]), signal: aborts.signal })
  const pending = other[Symbol.asyncIterator]().next()
  while (watches.length === 1) await new Promise((resolve) => setImmediate(resolve))
  aborts.abort()
  assert.deepEqual(await pending, { done: true, value: undefined })
})

test("says that nobody answers, and works again once somebody does", async () => {
  const free = createServer().listen(0, "127.0.0.1")
  await once(free, "listening")
  const { port } = free.address() as { readonly port: number }
  free.close()
  await once(free, "close")
  const { ca } = server.pki
  const lonely = createHttpsTransport({ server: `https://127.0.0.1:${port}`, ca: ca.cert, platform, userAgent: "t" })
  await assert.rejects(lonely.send(get("a")), (error: unknown) => {
    assert.ok(isServiceUnavailable(error))
    assert.ok(error instanceof ConnectionError)
    assert.match(error.message, /^cannot reach the API server at https:\/\/127.0.0.1:\d+: connect ECONNREFUSED/)
    return true
  })
  lonely.close()
})

test("does not trust another CA", async () => {
  const stranger = await startTestServer(back)
  const { url } = server
  const wrong = createHttpsTransport({ server: url, ca: stranger.pki.ca.cert, platform, userAgent: "t" })
  await assert.rejects(wrong.send(get("a")), /signature|certificate/)
  wrong.close()
  await stranger.close()
})

test("connects again after the server was restarted, and informers go on", async () => {
  const first = await startTestServer(back)
  const own = connectTo(first)
  const aborts = new AbortController()
  watches = []
  const client = createClient(own, { fieldManager: "tester" })
  const informer = startInformer(client, ConfigMap, { platform, signal: aborts.signal })
  await informer.synced
  while (watches.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await first.server.close(0)
  const again = await startTestServer(back, {}, { port: first.port, dir: first.dir })
  await own.send(get("a"))
  while (watches.length === 1) await new Promise((resolve) => setImmediate(resolve))
  watches[1]?.({ type: "ADDED", served: served("late") })
  await informer.until(() => informer.get("late") !== undefined)
  aborts.abort()
  own.close()
  await again.close()
})

test("reads a renewed token and certificate from their files", async () => {
  const { ca, admin, scheduler, dir } = { ...server.pki, dir: dirname(server.pki.admin.certFile) }
  const certFile = join(dir, "copy.crt")
  const keyFile = join(dir, "copy.key")
  const use = (pair: { readonly cert: string; readonly key: string }) => {
    writeFileSync(certFile, pair.cert)
    writeFileSync(keyFile, pair.key)
  }
  use(admin)
  let nowMs = 0
  const clock = { ...platform.clock, monotonicMs: () => nowMs }
  const own = createHttpsTransport({
    server: server.url,
    ca: { file: ca.certFile },
    cert: { file: certFile },
    key: { file: keyFile },
    platform: { ...platform, clock },
    userAgent: "t",
  })
  await own.send(get("a"))
  assert.equal(server.calls.at(-1)?.user.name, "test-admin")
  use(scheduler)
  await own.send(get("a"))
  assert.equal(server.calls.at(-1)?.user.name, "test-admin")
  nowMs += 60_000
  await own.send(get("a"))
  assert.equal(server.calls.at(-1)?.user.name, "system:kube-scheduler")
  own.close()
})

test("keeps hundreds of watches beside requests", async () => {
  watches = []
  const aborts = new AbortController()
  const query = new Map([["watch", "1"]])
  const opened = Array.from({ length: 1200 }, async () => {
    for await (const event of transport.watch({ method: "GET", path, query, signal: aborts.signal })) return event.type
    return "ended"
  })
  while (watches.length < opened.length) await new Promise((resolve) => setImmediate(resolve))
  await transport.send(get("a"))
  const event: ServedEvent = { type: "ADDED", served: served("a") }
  for (const push of watches) push(event)
  assert.deepEqual(new Set(await Promise.all(opened)), new Set(["ADDED"]))
  aborts.abort()
})
