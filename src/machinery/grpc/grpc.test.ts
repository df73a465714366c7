import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { realClock } from "../../platform/node/clock.ts"
import { openChannel } from "./client.ts"
import { GrpcError, hasGrpcCode } from "./code.ts"
import { Empty, int32, int64, map, message, nested, optional, repeated, text } from "./messages.ts"
import { type GrpcServer, implement, serveGrpc } from "./server.ts"
import { serverStream, service, unary } from "./service.ts"

const Item = message("test.v1.Item", {
  name: text(1),
  count: int32(2),
  size: int64(3),
  tags: repeated(4, "string"),
  labels: map(5, "string"),
  parent: nested(6, Empty),
  maybe: optional.int32(7),
})
const Shop = service("test.v1.Shop", {
  Echo: unary(Item, Item),
  Fail: unary(Item, Empty),
  Wait: unary(Empty, Empty),
  Count: serverStream(Item, Item),
  Missing: unary(Empty, Empty),
})
const Other = service("test.v1.Other", { Ping: unary(Empty, Empty) })

const dir = mkdtempSync(join(tmpdir(), "gantry-grpc-"))
const socketPath = join(dir, "shop.sock")
let waiting = Promise.withResolvers<AbortSignal>()
let counted = Promise.withResolvers<number>()
/** By how much the client's clock is ahead of what it was. */
let lateMs = 0
const servers: GrpcServer[] = []
const shop = implement(Shop, {
  Echo: async (item) => item,
  async Fail({ name = "" }) {
    if (name === "plain") throw new Error("some reason")
    if (name === "late") lateMs = 3_600_000
    if (name === "late" || name === "early") throw new GrpcError("Canceled", "call cancelled")
    throw new GrpcError("AlreadyExists", "it is there")
  },
  Wait: (_, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(new Error("left alone")))
      waiting.resolve(signal)
    }),
  async *Count({ count = 0 }) {
    let sent = 0
    try {
      for (; sent < count; sent++) yield { count: sent + 1 }
      if (count === 3) throw new GrpcError("OutOfRange", "no more")
    } finally {
      counted.resolve(sent)
    }
  },
})
servers.push(await serveGrpc({ socketPath }, () => [shop, implement(Other, { Ping: async () => ({}) })]))
const channel = openChannel(socketPath, realClock)
const client = channel.client(Shop)
after(() => {
  channel.close()
  for (const server of servers) server.close()
  rmSync(dir, { recursive: true, force: true })
})

const failsWith = (code: string, details: RegExp) => (error: unknown) => {
  assert(error instanceof GrpcError)
  assert.equal(error.code, code)
  assert.match(error.details, details)
  return true
}

test("a message comes back as it was sent, and what is zero is absent", async () => {
  const item = {
    name: "x",
    count: -5,
    size: 2 ** 40,
    tags: ["a", ""],
    labels: { constructor: "y" },
    parent: {},
    maybe: 0,
  }
  const back = await client.Echo(item)
  assert.deepEqual(JSON.parse(JSON.stringify(back)), item)
  assert.deepEqual({ ...(await client.Echo({})) }, {})
})

test("one socket serves many services", async () => {
  assert.deepEqual(await channel.client(Other).Ping({}), {})
  assert.equal(statSync(socketPath).mode & 0o777, 0o600)
})

test("errors keep their code, and print as Go's", async () => {
  await assert.rejects(client.Fail({}), (error: unknown) => {
    assert(hasGrpcCode(error, "NotFound", "AlreadyExists"))
    assert.equal(error.message, "rpc error: code = AlreadyExists desc = it is there")
    return true
  })
  await assert.rejects(client.Fail({ name: "plain" }), failsWith("Unknown", /^some reason$/))
  await assert.rejects(client.Missing({}), failsWith("Unimplemented", /Missing/))
})

test("a deadline ends the call on both sides", async () => {
  waiting = Promise.withResolvers()
  await assert.rejects(client.Wait({}, { timeoutMs: 50 }), failsWith("DeadlineExceeded", /./))
  const signal = await waiting.promise
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve))
  assert.equal(signal.aborted, true)
})

test("a cancelled call ends on both sides", async () => {
  waiting = Promise.withResolvers()
  const abort = new AbortController()
  const call = client.Wait({}, { signal: abort.signal })
  const signal = await waiting.promise
  abort.abort()
  await assert.rejects(call, failsWith("Canceled", /^context canceled$/))
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve))
  await assert.rejects(client.Wait({}, { signal: abort.signal }), failsWith("Canceled", /./))
})

test("a stream gives what was sent, then its error", async () => {
  const seen: (number | undefined)[] = []
  const read = async (count: number) => {
    for await (const item of client.Count({ count })) seen.push(item.count)
  }
  await read(2)
  await assert.rejects(read(3), failsWith("OutOfRange", /^no more$/))
  assert.deepEqual(seen, [1, 2, 1, 2, 3])
})

test("leaving a stream ends its source, which is not ahead without bound", async () => {
  counted = Promise.withResolvers()
  const total = 1_000_000
  for await (const item of client.Count({ count: total })) if (item.count === 5) break
  assert((await counted.promise) < total)
})

test("nobody there is Unavailable at once; whoever comes back is found", async () => {
  const path = join(dir, "late.sock")
  const late = openChannel(path, realClock)
  await assert.rejects(late.client(Other).Ping({}), failsWith("Unavailable", /./))
  // A socket that a killed process left.
  const dead = createServer().listen(path)
  await new Promise((resolve) => dead.once("listening", resolve))
  const server = await serveGrpc({ socketPath: path, mode: 0o660 }, () => [
    implement(Other, { Ping: async () => ({}) }),
  ])
  const again = openChannel(path, realClock)
  assert.deepEqual(await again.client(Other).Ping({}), {})
  server.close()
  dead.close()
  again.close()
  late.close()
})

test("a socket may be deeper than the kernel takes paths for", async () => {
  const folder = join(dir, "a".repeat(60), "b".repeat(60))
  mkdirSync(folder, { recursive: true })
  const deep = join(folder, "deep.sock")
  const server = await serveGrpc({ socketPath: deep }, () => [implement(Other, { Ping: async () => ({}) })])
  servers.push(server)
  assert.ok(statSync(deep).isSocket())
  const deepChannel = openChannel(deep, realClock)
  assert.deepEqual({ ...(await deepChannel.client(Other).Ping({})) }, {})
  deepChannel.close()
  server.close()
  assert.deepEqual(readdirSync(folder), [])
  const nowhere = openChannel(join(folder, "missing", "deep.sock"), realClock)
  await assert.rejects(nowhere.client(Other).Ping({}), (error) => hasGrpcCode(error, "Unavailable"))
  nowhere.close()
})

test("what a server calls cancelled has run out of time, when it has", async () => {
  const late = openChannel(socketPath, { ...realClock, nowMs: () => realClock.nowMs() + lateMs })
  const fail = (name: string) => late.client(Shop).Fail({ name }, { timeoutMs: 60_000 })
  await assert.rejects(fail("early"), failsWith("Canceled", /call cancelled/))
  await assert.rejects(fail("late"), failsWith("DeadlineExceeded", /context deadline exceeded/))
  late.close()
})
