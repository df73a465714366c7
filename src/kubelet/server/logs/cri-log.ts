/**
 * The format in which container runtimes write logs:
 *
 *     2016-10-06T00:17:09.669794202Z stdout F a whole line
 *     2016-10-06T00:17:09.669794203Z stderr P the first part of a long
 *
 * https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
 */
export interface LogLine {
  /** As written; `comparableTime` makes it comparable. */
  readonly time: string
  readonly stream: "stdout" | "stderr"
  /** The content; with its line break unless it is a part whose rest follows. */
  readonly content: Buffer
}

const SPACE = 0x20
const LINE_BREAK = 0x0a
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** Undefined when `line` (which ends in its line break, unless it is cut off) is not in the format. */
export function parseLogLine(line: Buffer): LogLine | undefined {
  const timeEnd = line.indexOf(SPACE)
  const streamEnd = line.indexOf(SPACE, timeEnd + 1)
  const tagsEnd = line.indexOf(SPACE, streamEnd + 1)
  if (timeEnd === -1 || streamEnd === -1 || tagsEnd === -1) return undefined
  const time = line.toString("latin1", 0, timeEnd)
  const stream = line.toString("latin1", timeEnd + 1, streamEnd)
  if (!TIME.test(time) || (stream !== "stdout" && stream !== "stderr")) return undefined
  const [tag] = line.toString("latin1", streamEnd + 1, tagsEnd).split(":")
  const end = tag === "P" && line.at(-1) === LINE_BREAK ? line.length - 1 : line.length
  return { time, stream, content: line.subarray(tagsEnd + 1, end) }
}

/** Nanoseconds since the Unix epoch. */
export function nanosOf(time: string): bigint {
  const [, fraction = ""] = /\.(\d+)/.exec(time) ?? []
  const seconds = Date.parse(time.replace(/\.\d+/, "")) / 1000
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, "0"))
}

/** As `kubectl logs --timestamps` shows it: nine digits, and Z for UTC. */
export function displayTime(time: string): string {
  const [, seconds = "", , fraction = "", zone = "Z"] = /^([^.Z+]*?)(\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(time) ?? []
  return `${seconds}.${fraction.slice(0, 9).padEnd(9, "0")}${/^[+-]00:00$/.test(zone) ? "Z" : zone}`
}
