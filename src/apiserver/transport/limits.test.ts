import assert from "node:assert/strict"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import type { Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, afterEach, before, beforeEach, test } from "node:test"
import type { TLSSocket } from "node:tls"
import { ensurePki, type Pki } from "../../pki/pki.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { createSimClock, type SimClock } from "../../platform/sim/clock.ts"
import { FIRST_REQUEST_MS, IDLE_MS, SWEEP_MS } from "./connections.ts"
import type { Exchange } from "./exchange.ts"
import { ended, FLAG, FRAME, frame, framesOf, GET_ROOT, literal, openHttp2, openTcp, openTls } from "./testing.ts"
import { createTlsServer, type TlsServer } from "./tls-server.ts"

let dir: string
let pki: Pki
before(() => {
  dir = mkdtempSync(join(tmpdir(), `gantry-transport-${process.pid}-`))
  const platform = createNodePlatform({ logLevel: "error" })
  pki = ensurePki({ dir, platform, clusterName: "test", apiAddresses: [], serviceIp: "10.96.0.1" })
})
after(() => rmSync(dir, { recursive: true, force: true }))

const CONNECTIONS_MAX = 3
let clock: SimClock
let server: TlsServer
let port: number
let exchanges: Exchange[]
let handle: (exchange: Exchange) => void
beforeEach(async () => {
  clock = createSimClock(0)
  exchanges = []
  handle = (exchange) => exchange.respond(200, {}, Buffer.from("hello"))
  server = createTlsServer({
    ...pki.serving,
    clientCa: [pki.ca.cert],
    clock,
    connectionsMax: CONNECTIONS_MAX,
    handler: (exchange) => {
      exchanges.push(exchange)
      handle(exchange)
    },
  })
  port = (await server.listen(0)).port
})
afterEach(async () => {
  const closed = server.close(0)
  await clock.advance(0)
  await closed
})

const getRoot = (stream: number) => frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, stream, GET_ROOT)
const PLAIN_GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

/** The answer's first piece, which holds all of a small one. */
const answered = (socket: TLSSocket) => new Promise<Buffer>((resolve) => socket.once("data", resolve))

async function dataFrame(socket: TLSSocket, stream: number): Promise<string> {
  for await (const each of framesOf(socket)) {
    if (each.type === FRAME.data && each.stream === stream) return each.payload.toString()
  }
  return "ended"
}

async function headersFrame(socket: TLSSocket): Promise<Buffer> {
  for await (const each of framesOf(socket)) if (each.type === FRAME.headers) return each.payload
  return Buffer.alloc(0)
}

const slow: readonly (readonly [name: string, open: () => Promise<Socket>])[] = [
  ["says nothing", () => openTcp(port)],
  [
    "never ends its handshake",
    async () => {
      const socket = await openTcp(port)
      socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]))
      return socket
    },
  ],
  ["asks nothing after the handshake", () => openTls(port, "http/1.1")],
  [
    "sends its headers slowly",
    async () => {
      const socket = await openTls(port, "http/1.1")
      socket.write("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
      return socket
    },
  ],
  ["opens no stream", () => openHttp2(port)],
  [
    "never ends its HTTP/2 headers",
    async () => {
      const socket = await openHttp2(port)
      socket.write(frame(FRAME.headers, FLAG.endStream, 1, GET_ROOT))
      return socket
    },
  ],
]
for (const [name, open] of slow) {
  test(`ends a connection that ${name}`, async () => {
    const socket = await open()
    const other = await openTls(port, "http/1.1")
    other.write(PLAIN_GET)
    await answered(other)
    // Twice: the first time it is asked to go.
    await clock.advance(FIRST_REQUEST_MS + 2 * SWEEP_MS)
    await ended(socket)
    assert.equal(exchanges.length, 1)
    assert.equal(other.closed, false)
    other.destroy()
  })
}

test("keeps idle connections for a while, and busy ones for as long as they are", async () => {
  const plain = await openTls(port, "http/1.1")
  const multiplexed = await openHttp2(port)
  plain.write(PLAIN_GET)
  await answered(plain)
  multiplexed.write(getRoot(1))
  assert.equal(await dataFrame(multiplexed, 1), "hello")
  const busy = await openTls(port, "http/1.1")
  const begun = new Promise<void>((resolve) => {
    handle = (exchange) => {
      exchange.start(200, {}).write("one")
      resolve()
    }
  })
  busy.write(PLAIN_GET)
  await begun
  await answered(busy)
  await clock.advance(IDLE_MS - 2 * SWEEP_MS)
  assert.equal(plain.closed, false)
  await clock.advance(4 * SWEEP_MS)
  await Promise.all([ended(plain), ended(multiplexed)])
  await clock.advance(10 * IDLE_MS)
  assert.equal(busy.closed, false)
  busy.destroy()
})

test("makes room by ending the oldest of those who are not known", async () => {
  handle = (exchange) => {
    exchange.identified(exchange.headers["x-known"] !== undefined)
    exchange.respond(200, {}, Buffer.from("hello"))
  }
  const known = async () => {
    const socket = await openTls(port, "http/1.1")
    socket.write("GET / HTTP/1.1\r\nHost: x\r\nX-Known: y\r\n\r\n")
    await answered(socket)
    return socket
  }
  const first = await known()
  const stranger = await openTls(port, "http/1.1")
  const silent = await openTcp(port)
  const second = await known()
  await ended(stranger)
  const third = await known()
  await ended(silent)
  // Now everybody is known, and the newcomer has to go.
  await ended(await openTcp(port))
  for (const socket of [first, second, third]) assert.equal(socket.closed, false)
  const gone = once(exchanges[0]?.socket ?? first, "close")
  first.destroy()
  await gone
  const fourth = await known()
  for (const socket of [second, third, fourth]) socket.destroy()
})

test("ends a stranger's HTTP/2 connection with its answer", async () => {
  handle = (exchange) => {
    exchange.identified(false)
    exchange.respond(401, {}, Buffer.from("who?"))
  }
  const socket = await openHttp2(port)
  socket.write(getRoot(1))
  const types = new Set<number>()
  for await (const each of framesOf(socket)) types.add(each.type)
  assert.ok(types.has(FRAME.data) && types.has(FRAME.goaway))
})

test("takes any number of headers up to their size", async () => {
  const lines = Array.from({ length: 5_000 }, (_, index) => `X-Many: ${index}`)
  const plain = await openTls(port, "http/1.1")
  plain.write(`GET / HTTP/1.1\r\nHost: x\r\n${lines.join("\r\n")}\r\nImpersonate-User: last\r\n\r\n`)
  await answered(plain)
  assert.equal(exchanges.at(-1)?.headers["impersonate-user"], "last")
  assert.equal(exchanges.at(-1)?.valuesOf("x-many").length, 5_000)
  plain.destroy()
  const multiplexed = await openHttp2(port)
  const fields = lines.slice(0, 900).map((_, index) => literal("x-many", String(index)))
  const block = Buffer.concat([GET_ROOT, ...fields, literal("impersonate-user", "last")])
  multiplexed.write(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, block))
  assert.equal(await dataFrame(multiplexed, 1), "hello")
  assert.equal(exchanges.at(-1)?.headers["impersonate-user"], "last")
  multiplexed.destroy()
})

/** One field of 4,000 bytes goes into the client's table, and each further byte repeats it. */
const REPEATED_BOMB = Buffer.concat([GET_ROOT, Buffer.alloc(1_000, 0xbe)])
const BOMB = Buffer.concat([
  GET_ROOT,
  Buffer.from([0x40]),
  literal("x-bomb", "x".repeat(4_000)).subarray(1),
  Buffer.alloc(1_000, 0xbe),
])

test("refuses headers that are too large", async () => {
  const plain = await openTls(port, "http/1.1")
  plain.write(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat((1 << 20) + 1)}\r\n\r\n`)
  assert.match((await answered(plain)).toString(), /^HTTP\/1.1 431 Request Header Fields Too Large\r\n/)
  await ended(plain)
  const multiplexed = await openHttp2(port)
  multiplexed.write(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, BOMB))
  assert.ok((await headersFrame(multiplexed)).includes("431"))
  assert.equal(exchanges.length, 0)
  multiplexed.destroy()
})

const reset = (stream: number, code: number) => frame(FRAME.rstStream, 0, stream, Buffer.from([0, 0, 0, code]))
const CODE_INTERNAL = 2
const CODE_CANCEL = 8

test("a client that resets what was refused, or not answered yet, ends no more than its stream", async () => {
  const codes = [0, CODE_INTERNAL, CODE_CANCEL]
  const socket = await openHttp2(port)
  // The answer comes when more than it may be was read of the body, of which the rest is there already.
  handle = (exchange) => {
    if (exchanges.length > codes.length) return exchange.respond(200, {}, Buffer.from("hello"))
    exchange.body.once("data", () => {
      exchange.body.pause()
      queueMicrotask(() => exchange.respond(413, {}, Buffer.from("too long")))
    })
  }
  for (const [index, code] of codes.entries()) {
    const [refused, read] = [4 * index + 1, 4 * index + 3]
    const data = frame(FRAME.data, 0, read, Buffer.alloc(16_384))
    socket.write(
      Buffer.concat([
        frame(FRAME.headers, FLAG.endHeaders, refused, index === 0 ? BOMB : REPEATED_BOMB),
        reset(refused, code),
        frame(FRAME.headers, FLAG.endHeaders, read, GET_ROOT),
        data,
        data,
        reset(read, code),
      ]),
    )
  }
  socket.write(getRoot(101))
  assert.equal(await dataFrame(socket, 101), "hello")
  socket.destroy()
})

const CODE_REFUSED_STREAM = 7

test("serves a thousand streams of a connection at once, and refuses the rest", async () => {
  handle = () => undefined
  const socket = await openHttp2(port)
  // What more is asked before the limit is known is refused; after that it is an error.
  const streams = Array.from({ length: 1_001 }, (_, index) => getRoot(2 * index + 1))
  socket.write(Buffer.concat(streams))
  for await (const each of framesOf(socket)) {
    if (each.type !== FRAME.rstStream) continue
    assert.equal(each.stream, 2_001)
    assert.equal(each.payload.readUInt32BE(0), CODE_REFUSED_STREAM)
    break
  }
  assert.equal(exchanges.length, 1_000)
  socket.destroy()
})

const empty = frame(FRAME.settings, 0, 0)
const ping = frame(FRAME.ping, 0, 0, Buffer.alloc(8))
const cancel = (stream: number) => frame(FRAME.rstStream, 0, stream, Buffer.from([0, 0, 0, 8]))
const floods: readonly (readonly [name: string, flood: (index: number) => Buffer])[] = [
  ["opens streams to cancel them", (index) => Buffer.concat([getRoot(2 * index + 1), cancel(2 * index + 1)])],
  ["never ends its headers", (index) => frame(index === 0 ? FRAME.headers : FRAME.continuation, 0, 1, GET_ROOT)],
  ["sends settings and does not read", () => empty],
  ["sends pings and does not read", () => ping],
  ["sends empty data without end", (index) => (index === 0 ? open : frame(FRAME.data, 0, 1))],
  [
    "changes its window all the time",
    (index) => (index === 0 ? open : frame(FRAME.windowUpdate, 0, 1, Buffer.from([0x7f, 0xff, 0xff, 0xff]))),
  ],
  [
    "makes the server cancel its streams",
    (index) =>
      Buffer.concat([
        frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 2 * index + 1, GET_ROOT),
        frame(FRAME.windowUpdate, 0, 2 * index + 1, Buffer.alloc(4)),
      ]),
  ],
]
const open = frame(FRAME.headers, FLAG.endHeaders, 1, GET_ROOT)
const FLOOD = 200_000
const FLOOD_PIECE = 500
for (const [name, flood] of floods) {
  test(`ends a connection that ${name}`, async () => {
    handle = () => undefined
    const socket = await openHttp2(port)
    socket.pause()
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()))
    let sent = 0
    for (const at of Array(FLOOD / FLOOD_PIECE).keys()) {
      if (socket.destroyed) break
      const some = Array.from({ length: FLOOD_PIECE }, (_, index) => flood(at * FLOOD_PIECE + index))
      sent += FLOOD_PIECE
      const isTaken = new Promise<void>((resolve) => socket.write(Buffer.concat(some), () => resolve()))
      await Promise.race([isTaken, closed])
    }
    assert.ok(socket.destroyed, `${sent} frames were taken`)
    assert.ok(exchanges.length < 10_000)
    handle = (exchange) => exchange.respond(200, {}, Buffer.from("hello"))
    const other = await openTls(port, "http/1.1")
    other.write(PLAIN_GET)
    assert.match((await answered(other)).toString(), /hello/)
    other.destroy()
  })
}
