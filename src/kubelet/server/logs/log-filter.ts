import { displayTime, type LogLine, nanosOf } from "./cri-log.ts"
import type { LogOptions } from "./log-options.ts"

/** Turns lines of a log into what the client asked to see. */
export interface LogFilter {
  /** The bytes to show; empty when the line is not wanted. */
  show(line: LogLine): Buffer
  /** Nothing more is wanted. */
  readonly isDone: boolean
}

type FilterOptions = Pick<LogOptions, "timestamps" | "sinceNs" | "limitBytes" | "stream">

const LINE_BREAK = 0x0a
const NOTHING = Buffer.alloc(0)

export function createLogFilter(options: FilterOptions): LogFilter {
  let bytesLeft = options.limitBytes ?? Number.POSITIVE_INFINITY
  // The parts of a long line share one timestamp.
  let beginsLine = true
  return {
    show(line) {
      const isFirstPart = beginsLine
      const { content } = line
      const isWanted = options.sinceNs === undefined || nanosOf(line.time) >= options.sinceNs
      const isOurs = options.stream === "All" || options.stream.toLowerCase() === line.stream
      beginsLine = content.length === 0 || content.at(-1) === LINE_BREAK
      if (!isWanted || !isOurs || bytesLeft <= 0) return NOTHING
      const shown =
        options.timestamps && isFirstPart
          ? Buffer.concat([Buffer.from(`${displayTime(line.time)} `), content])
          : content
      const cut = shown.subarray(0, bytesLeft)
      bytesLeft -= cut.length
      return cut
    },
    get isDone() {
      return bytesLeft <= 0
    },
  }
}
