import assert from "node:assert/strict"
import { test } from "node:test"
import { lines } from "./lines.ts"

async function linesOf(...chunks: readonly Uint8Array[]): Promise<string[]> {
  async function* stream() {
    yield* chunks
  }
  return Array.fromAsync(lines(stream()))
}

test("finds lines wherever the chunks break, also inside a character", async () => {
  const bytes = Buffer.from('{"a":"ä€"}\n\n{"b":2}\n{"lost')
  for (let size = 1; size <= bytes.length; size++) {
    const chunks: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
    assert.deepEqual(await linesOf(...chunks), ['{"a":"ä€"}', '{"b":2}'], `in chunks of ${size}`)
  }
})
