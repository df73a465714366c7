import assert from "node:assert/strict"
import { afterEach, beforeEach, test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import type { TLSSocket } from "node:tls"
import { ConfigMap } from "../api/core/v1/config-map.ts"
import { createNodePlatform } from "../platform/node/platform.ts"
import { createSimClock, type SimClock } from "../platform/sim/clock.ts"
import type { ApiCall, ApiResult, ServedEvent } from "./call.ts"
import type { FlowControl } from "./flow-control/flow-control.ts"
import { openSession, sendH2, served, startTestServer, type TestServer } from "./testing.ts"
import { FLAG, FRAME, frame, framesOf, literal, openHttp2, openTls } from "./transport/testing.ts"

/** What a client may do with one request: how slowly it may send and read, and what that costs the server. */

const REQUEST_MAX_MS = 60_000
const LARGE = served("large", { data: { text: "x".repeat(8 << 20) } })
const EVENT = served("event", { data: { text: "x".repeat(64 << 10) } })
const path = "/api/v1/namespaces/default/configmaps"

let clock: SimClock
let server: TestServer
let inside: number
let sentEvents: number
let watchEnded: boolean

beforeEach(async () => {
  clock = createSimClock(Date.now())
  inside = 0
  sentEvents = 0
  watchEnded = false
  const flowControl: FlowControl = {
    levels: () => [],
    enter: () => {
      inside++
      return { schemaUid: "s", levelUid: "l", leave: () => void inside-- }
    },
  }
  const platform = { ...createNodePlatform({ logLevel: "error" }), clock }
  server = await startTestServer(resources, { platform, flowControl })
})
afterEach(async () => {
  const closed = server.close()
  await clock.advance(1_000)
  await closed
})

async function resources(call: ApiCall): Promise<ApiResult> {
  const resource = ConfigMap
  switch (call.info.verb) {
    case "watch":
      return { type: "watch", resource, events: endless() }
    case "list":
      return { type: "list", resource, items: [LARGE], metadata: { resourceVersion: "9" } }
    default:
      return { type: "object", code: 200, resource, served: LARGE }
  }
}

async function* endless(): AsyncIterable<ServedEvent> {
  try {
    for (;;) {
      sentEvents++
      yield { type: "MODIFIED", served: EVENT }
    }
  } finally {
    watchEnded = true
  }
}

const METHOD = { GET: 0x82, POST: 0x83 }
const requestHead = (method: keyof typeof METHOD, target: string, ...more: Buffer[]) =>
  Buffer.concat([
    Buffer.from([METHOD[method], 0x87]),
    Buffer.concat([Buffer.from([0x04]), literal("", target).subarray(2)]),
    Buffer.from([0x01, 0x01, 0x78]),
    ...more,
  ])

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn()
}

/** Gives everything that is under way the time to get stuck. */
async function settled(count: () => number): Promise<number> {
  for (let same = 0, last = -1; same < 200; same++) {
    if (count() !== last) same = 0
    last = count()
    await turn()
  }
  return count()
}

const ask = async (socket: TLSSocket, method: string, target: string, rest = "") => {
  socket.write(`${method} ${target} HTTP/1.1\r\nHost: x\r\n${rest}\r\n`)
}

test("a watcher that never reads is sent what fits its window, and holds nothing more", async () => {
  const { admin } = server.pki
  const plain = await openTls(server.port, "http/1.1", admin)
  plain.pause()
  await ask(plain, "GET", `${path}?watch=true`)
  await until(() => sentEvents > 0)
  // The kernel's buffers on both sides take some megabytes.
  assert.ok((await settled(() => sentEvents)) < 400)
  plain.destroy()
  await until(() => watchEnded)

  sentEvents = 0
  watchEnded = false
  // A client without any window.
  const multiplexed = await openHttp2(server.port, [[4, 0]], admin)
  const head = requestHead("GET", `${path}?watch=true`)
  multiplexed.write(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, head))
  await until(() => sentEvents > 0)
  assert.ok((await settled(() => sentEvents)) < 5)
  multiplexed.destroy()
  await until(() => watchEnded)
})

for (const [name, target] of [
  ["an object", `${path}/large`],
  ["a list", path],
  ["an object that is formatted", `${path}/large?pretty=true`],
] as const) {
  test(`a client that does not read ${name} keeps its place for a minute`, async () => {
    const socket = await openHttp2(server.port, [[4, 0]], server.pki.admin)
    socket.write(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, requestHead("GET", target)))
    const frames = framesOf(socket)
    for await (const each of frames) if (each.type === FRAME.headers) break
    assert.equal(inside, 1)
    await clock.advance(REQUEST_MAX_MS)
    await until(() => inside === 0)
    socket.destroy()
  })
}

test("a stream whose answer is not taken is reset", async () => {
  const socket = await openHttp2(server.port, [[4, 0]], server.pki.admin)
  socket.write(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, requestHead("GET", path)))
  const types: number[] = []
  for await (const each of framesOf(socket)) {
    types.push(each.type)
    if (each.type === FRAME.headers) void clock.advance(REQUEST_MAX_MS)
    if (each.type === FRAME.rstStream) break
  }
  assert.equal(types.at(-1), FRAME.rstStream)
  socket.destroy()
})

test("a body that does not come is waited for a minute", async () => {
  const { admin } = server.pki
  const plain = await openTls(server.port, "http/1.1", admin)
  await ask(plain, "POST", path, "Content-Length: 100\r\n")
  plain.write("{")
  await until(() => inside === 1)
  const [answer] = await Promise.all([
    new Promise<Buffer>((resolve) => plain.once("data", resolve)),
    clock.advance(REQUEST_MAX_MS),
  ])
  assert.match(answer.toString(), /^HTTP\/1.1 504 Gateway Timeout\r\n/)
  assert.match(answer.toString(), /"reason":"Timeout"/)
  assert.equal(inside, 0)
  plain.destroy()

  const session = openSession(server)
  const stream = session.request({ ":method": "POST", ":path": path })
  stream.write("{")
  const code = new Promise((resolve) => stream.once("response", (headers) => resolve(headers[":status"])))
  await until(() => inside === 1)
  await clock.advance(REQUEST_MAX_MS)
  assert.equal(await code, 504)
  stream.close()
  session.close()
})

test("a body that is announced as too long is refused before it comes", async () => {
  const plain = await openTls(server.port, "http/1.1", server.pki.admin)
  await ask(plain, "POST", path, "Content-Length: 3145729\r\n")
  const answer = await new Promise<Buffer>((resolve) => plain.once("data", resolve))
  assert.match(answer.toString(), /^HTTP\/1.1 413 /)
  assert.match(answer.toString(), /Request entity too large: limit is 3145728/)
  plain.destroy()
})

test("what clients put into headers does not become headers of the answer", async () => {
  const session = openSession(server)
  const { headers } = await sendH2(session, {
    path: `${path}/x%0d%0aSet-Cookie:%20a=b`,
    headers: { "audit-id": "a b", accept: "application/json" },
  })
  assert.equal(headers["set-cookie"], undefined)
  assert.match(String(headers["audit-id"]), /^[0-9a-f-]{36}$/)
  session.close()
})
