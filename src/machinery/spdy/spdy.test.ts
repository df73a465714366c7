import assert from "node:assert/strict"
import { once } from "node:events"
import { duplexPair } from "node:stream"
import { buffer, text } from "node:stream/consumers"
import { test } from "node:test"
import { constants, createDeflate, createInflate } from "node:zlib"
import { createSpdyConnection } from "./connection.ts"
import { headerDictionary } from "./dictionary.ts"
import { controlFrame, createFrameReader, dataHead, FIN, type Frame, frameTypes } from "./frames.ts"
import { createHeaderReader, createHeaderWriter } from "./headers.ts"
import type { SpdyStream } from "./stream.ts"

test("the dictionary is the one of the specification", () => {
  assert.equal(headerDictionary.length, 1423)
  // Its Adler-32 checksum, which a zlib stream that uses it carries.
  const deflate = createDeflate({ dictionary: headerDictionary, flush: constants.Z_SYNC_FLUSH })
  return new Promise<void>((resolve) => {
    deflate.once("data", (chunk: Buffer) => {
      assert.equal(chunk.subarray(2, 6).toString("hex"), "e3c6a7c2")
      resolve()
    })
    deflate.write("x")
  })
})

/** Header blocks as Kubernetes' Go clients make them: one deflate stream with the dictionary, flushed after each. */
function goHeaderWriter() {
  const deflate = createDeflate({ dictionary: headerDictionary, level: 9, flush: constants.Z_SYNC_FLUSH })
  const chunks: Buffer[] = []
  deflate.on("data", (chunk: Buffer) => chunks.push(chunk))
  return (headers: readonly (readonly [string, string])[]): Promise<Buffer> => {
    const text = (value: string) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(value.length)
      return Buffer.concat([length, Buffer.from(value)])
    }
    const count = Buffer.alloc(4)
    count.writeUInt32BE(headers.length)
    return new Promise((resolve) => {
      deflate.write(Buffer.concat([count, ...headers.flat().map(text)]), () => resolve(Buffer.concat(chunks.splice(0))))
    })
  }
}

test("header blocks of one connection are read as one compressed stream", async () => {
  const write = goHeaderWriter()
  const reader = createHeaderReader()
  for (const id of ["1", "2", "3"]) {
    const block = await write([
      ["streamtype", "data"],
      ["requestid", id],
    ])
    assert.deepEqual(Object.fromEntries(await reader.read(block)), { streamtype: "data", requestid: id })
  }
  reader.close()
})

test("a block that unpacks to far too much is refused", async () => {
  const write = goHeaderWriter()
  const reader = createHeaderReader()
  await assert.rejects(reader.read(await write([["bomb", "x".repeat(1 << 20)]])), /SPDY headers longer than/)
})

test("our header blocks are one zlib stream that any reader understands", async () => {
  const write = createHeaderWriter()
  const blocks = [write(new Map([["a", "1"]])), write(new Map([["b", "x".repeat(100_000)]]))]
  const inflate = createInflate()
  inflate.end(Buffer.concat([...blocks, Buffer.from([1, 0, 0, 0xff, 0xff])]))
  const plain = await buffer(inflate).catch((error: { code: string }) => error.code)
  assert.equal(plain, "Z_BUF_ERROR", "only the checksum at the end is missing")
  const reader = createHeaderReader()
  assert.deepEqual([...(await reader.read(blocks[0] ?? Buffer.alloc(0)))], [["a", "1"]])
  assert.equal((await reader.read(blocks[1] ?? Buffer.alloc(0))).get("b")?.length, 100_000)
  reader.close()
})

test("frames are cut the same however the bytes arrive", () => {
  const bytes = Buffer.concat([
    controlFrame(frameTypes.ping, 0, 7),
    dataHead(3, FIN, 5),
    Buffer.from("hello"),
    controlFrame(frameTypes.goAway, 0, 1, 0),
  ])
  const cut = (size: number): Frame[] => {
    const reader = createFrameReader()
    const frames: Frame[] = []
    for (let at = 0; at < bytes.length; at += size) frames.push(...reader.push(bytes.subarray(at, at + size)))
    return frames
  }
  const whole = cut(bytes.length)
  assert.deepEqual(
    whole.map((frame) => (frame.kind === "data" ? `data ${frame.payload}` : `control ${frame.type}`)),
    ["control 6", "data hello", "control 7"],
  )
  for (const size of [1, 3, 8, 9]) assert.deepEqual(cut(size), whole)
  const version2 = Buffer.from([0x80, 2, 0, 6, 0, 0, 0, 0])
  assert.throws(() => createFrameReader().push(version2), /found SPDY version 2, expected 3/)
})

function connected(onStream: (stream: SpdyStream) => void) {
  const [a, b] = duplexPair()
  const server = createSpdyConnection(a, { role: "server", onStream })
  return { client: createSpdyConnection(b, { role: "client" }), server }
}

test("streams carry data both ways, end by halves, and do not disturb each other", async () => {
  const { client, server } = connected((stream) => stream.pipe(stream))
  const streams = ["one", "two"].map((name) => client.open(new Map([["name", name]])))
  const big = Buffer.alloc(300_000, "x")
  for (const stream of streams) {
    stream.write(big)
    stream.end("end")
  }
  for (const stream of streams) assert.equal((await buffer(stream)).length, big.length + 3)
  client.close()
  await Promise.all([client.closed, server.closed])
})

test("a stream nobody reads holds up the sender, not memory", async () => {
  let stalled: SpdyStream | undefined
  const { client } = connected((stream) => {
    stalled = stream
  })
  const stream = client.open(new Map())
  let sent = 0
  const chunk = Buffer.alloc(256 * 1024)
  const pump = () => stream.write(chunk, () => void (sent++ < 100 && pump()))
  pump()
  await new Promise((resolve) => setImmediate(resolve))
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
  assert(sent < 20, `${sent} chunks were taken`)
  assert((stalled?.readableLength ?? 0) <= 2 * 1024 * 1024)
  client.close()
  stream.destroy()
  stalled?.destroy()
})

test("a refused stream is answered and ends", async () => {
  const { client } = connected(() => {
    throw new Error("no")
  })
  assert.equal(await text(client.open(new Map())), "")
  client.close()
})

test("what a server said before it broke a stream off is read to its end", async () => {
  const { client } = connected((stream) => void stream.write("said", () => stream.destroy()))
  assert.equal(await text(client.open(new Map())), "said")
  client.close()
})

test("pings are returned", async () => {
  const [ours, theirs] = duplexPair()
  const server = createSpdyConnection(ours, { role: "server" })
  const ping = controlFrame(frameTypes.ping, 0, 7)
  theirs.write(ping)
  const [answer] = (await once(theirs, "data")) as [Buffer]
  assert.deepEqual(answer, ping)
  theirs.end()
  await server.closed
})
