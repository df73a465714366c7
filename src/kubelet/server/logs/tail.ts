import type { FileHandle } from "node:fs/promises"

const BLOCK_BYTES = 64 * 1024
const LINE_BREAK = 0x0a

/** Where the last `lines` lines of a file begin. A last line without its line break counts as one. */
export async function findTail(file: FileHandle, lines: number): Promise<number> {
  const { size } = await file.stat()
  if (lines === 0) return size
  const block = Buffer.alloc(BLOCK_BYTES)
  let found = 0
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - BLOCK_BYTES)
    const { bytesRead } = await file.read(block, 0, end - start, start)
    for (let at = bytesRead - 1; at >= 0; at--) {
      // The line break at the very end closes the last line; those before it separate lines.
      if (block[at] !== LINE_BREAK || start + at === size - 1) continue
      found++
      if (found === lines) return start + at + 1
    }
    end = start
  }
  return 0
}
