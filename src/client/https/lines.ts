import { StringDecoder } from "node:string_decoder"

/** The lines of a byte stream, without their ends. An unfinished last line is left out: its rest was lost. */
export async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new StringDecoder("utf8")
  // Pieces of a line that has not ended: a large object comes in many chunks, and joining once is linear.
  let pieces: string[] = []
  for await (const chunk of chunks) {
    const text = decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    let from = 0
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", from)) {
      pieces.push(text.slice(from, at))
      const line = pieces.length === 1 ? (pieces[0] ?? "") : pieces.join("")
      pieces = []
      from = at + 1
      if (line !== "") yield line
    }
    if (from < text.length) pieces.push(text.slice(from))
  }
}
