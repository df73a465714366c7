import assert from "node:assert/strict"
import { Writable } from "node:stream"
import { test } from "node:test"
import { writePieces } from "./write.ts"

/** Looks at what it was given only when it is done with it, as a socket does. */
function slowReader(highWaterMark: number) {
  const read: Buffer[] = []
  const buffers = new Set<ArrayBufferLike>()
  const to = new Writable({
    highWaterMark,
    write(chunk: Buffer, _encoding, done) {
      buffers.add(chunk.buffer)
      setImmediate(() => {
        read.push(Buffer.from(chunk))
        done()
      })
    },
  })
  return { to, buffers, text: () => Buffer.concat(read).toString() }
}

/** Of all lengths, some longer than what is gathered. */
const pieces = Array.from({ length: 200 }, (_, i) => Buffer.alloc(i === 100 ? 300_000 : i * 97, String(i % 10)))
const whole = Buffer.concat(pieces).toString()

for (const [name, highWaterMark] of [
  ["asks to wait", 16 << 10],
  ["takes all at once", 64 << 20],
] as const) {
  test(`pieces arrive whole and in order when the reader ${name}`, async () => {
    const { to, text } = slowReader(highWaterMark)
    assert.equal(await writePieces(to, pieces), true)
    await new Promise<void>((resolve) => to.end(resolve))
    assert.equal(text(), whole)
  })
}

test("one buffer is enough for a reader that asks to wait", async () => {
  const { to, buffers } = slowReader(16 << 10)
  const item = Buffer.alloc(3000)
  await writePieces(
    to,
    Array.from({ length: 1000 }, () => item),
  )
  assert.equal(buffers.size, 1)
})

test("a reader that is gone ends the writing", async () => {
  const { to } = slowReader(16 << 10)
  to.destroy()
  assert.equal(await writePieces(to, pieces), false)
})
