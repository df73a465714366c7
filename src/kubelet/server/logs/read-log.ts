import { type FSWatcher, watch } from "node:fs"
import { type FileHandle, open, realpath, stat } from "node:fs/promises"
import { basename, dirname } from "node:path"
import { messageOf } from "../../../machinery/status/message-of.ts"
import { hasCode } from "../../../platform/linux/system-error.ts"
import { parseLogLine } from "./cri-log.ts"
import { createLogFilter } from "./log-filter.ts"
import type { LogOptions } from "./log-options.ts"
import { findTail } from "./tail.ts"

const READ_BYTES = 64 * 1024
const LINE_BREAK = 0x0a

export interface ReadLogOptions extends Omit<LogOptions, "previous"> {
  /** With `follow`: resolves when nothing more will be written. */
  readonly ended: Promise<void>
  /** The reader is gone. */
  readonly signal: AbortSignal
}

/**
 * The wanted part of a container's log, in pieces. Following goes on over rotations, waits for the kernel's word that
 * something was written, and ends when the container has and all of its log was read. The first piece comes at once and
 * is empty; when there is no log, asking for it throws.
 */
export async function* readLog(path: string, options: ReadLogOptions): AsyncGenerator<Buffer, void, void> {
  const target = await resolveLog(path)
  let file = await openLog(target)
  const changes = options.follow ? watchFolder(target, options) : undefined
  const view = createView(options)
  try {
    // Says that the log could be opened, before the first line is there.
    yield Buffer.alloc(0)
    let lines = createLineReader(file, options.tailLines === undefined ? 0 : await findTail(file, options.tailLines))
    for (;;) {
      // Noted before reading: what is written after the last read is announced.
      const seen = changes?.mark()
      const hasEnded = changes?.hasEnded ?? true
      for await (const block of lines.read(hasEnded)) {
        const shown = view.show(block)
        if (shown.length > 0) yield shown
        if (view.isDone || options.signal.aborted) return
      }
      if (changes === undefined || seen === undefined || options.signal.aborted) return
      const next = await openIfRotated(target, file)
      if (next !== undefined) {
        // All that went to the old file was there before the new one; a last look at it follows.
        for await (const block of lines.read(true)) yield view.show(block)
        await file.close()
        file = next
        lines = createLineReader(file, 0)
      } else if (hasEnded) return
      else await changes.next(seen)
    }
  } finally {
    changes?.close()
    await file.close()
  }
}

/** What the client gets to see of blocks of lines. */
function createView(options: ReadLogOptions) {
  const filter = createLogFilter(options)
  // Without following, no more lines are shown than were asked for, even when more come meanwhile.
  let linesLeft = options.follow ? Number.POSITIVE_INFINITY : (options.tailLines ?? Number.POSITIVE_INFINITY)
  return {
    show(block: readonly Buffer[]): Buffer {
      const shown: Buffer[] = []
      for (const line of block) {
        const parsed = linesLeft > 0 && !filter.isDone ? parseLogLine(line) : undefined
        if (parsed === undefined) continue
        linesLeft--
        shown.push(filter.show(parsed))
      }
      return Buffer.concat(shown)
    },
    get isDone() {
      return filter.isDone || linesLeft <= 0
    },
  }
}

async function resolveLog(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error
    const reason = `lstat ${path}: no such file or directory`
    throw new Error(`failed to try resolving symlinks in path "${path}": ${reason}`, { cause: error })
  }
}

async function openLog(path: string): Promise<FileHandle> {
  try {
    return await open(path)
  } catch (error) {
    const reason = messageOf(error)
    throw new Error(`failed to open log file "${path}": ${reason}`, { cause: error })
  }
}

/** The file that stands at the path now, if it is another one. */
async function openIfRotated(path: string, file: FileHandle): Promise<FileHandle | undefined> {
  try {
    const [current, ours] = await Promise.all([stat(path), file.stat()])
    return current.ino === ours.ino && current.dev === ours.dev ? undefined : await open(path)
  } catch (error) {
    // Renamed, and not yet made anew.
    if (hasCode(error, "ENOENT")) return undefined
    throw error
  }
}

interface LineReader {
  /** What is there now, in blocks of lines. A line without its end waits for the next time, unless `takeAll`. */
  read(takeAll: boolean): AsyncGenerator<readonly Buffer[], void, void>
}

function createLineReader(file: FileHandle, start: number): LineReader {
  let position = start
  let rest: Buffer = Buffer.alloc(0)
  return {
    async *read(takeAll) {
      for (;;) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, position)
        if (bytesRead === 0) break
        position += bytesRead
        const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
        const lines: Buffer[] = []
        let from = 0
        for (let end = bytes.indexOf(LINE_BREAK); end !== -1; end = bytes.indexOf(LINE_BREAK, from)) {
          lines.push(bytes.subarray(from, end + 1))
          from = end + 1
        }
        rest = bytes.subarray(from)
        yield lines
      }
      if (!takeAll || rest.length === 0) return
      const last = rest
      rest = Buffer.alloc(0)
      yield [last]
    },
  }
}

interface Changes {
  readonly hasEnded: boolean
  mark(): number
  /** Resolves when something has changed since the mark. */
  next(mark: number): Promise<void>
  close(): void
}

/** Counts what happens to the log file. The folder is watched, as the file is replaced by rotations. */
function watchFolder(path: string, { ended, signal }: Pick<ReadLogOptions, "ended" | "signal">): Changes {
  const name = basename(path)
  let count = 0
  let hasEnded = false
  let wake = () => undefined as void
  const changed = () => {
    count++
    wake()
  }
  const watcher: FSWatcher = watch(dirname(path), (_, file) => {
    if (file === null || file === name) changed()
  })
  // Without its folder the log is gone; the container's end follows.
  watcher.on("error", changed)
  void ended.then(() => {
    hasEnded = true
    changed()
  })
  signal.addEventListener("abort", changed)
  return {
    get hasEnded() {
      return hasEnded
    },
    mark: () => count,
    next: (mark) =>
      new Promise((resolve) => {
        if (count === mark) wake = resolve
        else resolve()
      }),
    close() {
      watcher.close()
      signal.removeEventListener("abort", changed)
    },
  }
}
