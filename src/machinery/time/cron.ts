import { quote } from "../field/quote.ts"
import { parseDuration } from "./duration.ts"

/**
 * When something happens again and again, as five cron fields (minute, hour, day of month, month, weekday) or a word
 * such as `@hourly`. Syntax and messages are those of Kubernetes, which takes them from robfig/cron.
 * https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format
 */
export type CronSchedule =
  | {
      readonly type: "fields"
      readonly minute: CronField
      readonly hour: CronField
      readonly dayOfMonth: CronField
      readonly month: CronField
      readonly dayOfWeek: CronField
      /** From a `TZ=` in front, which objects of old may still have. */
      readonly timeZone: string | undefined
    }
  | { readonly type: "every"; readonly seconds: number }

export interface CronField {
  readonly values: ReadonlySet<number>
  /** A star or question mark: of the two fields for days, one that is open does not decide. */
  readonly open: boolean
}

export class CronError extends Error {
  constructor(message: string) {
    super(message)
    this.name = "CronError"
  }
}

interface Bounds {
  readonly min: number
  readonly max: number
  readonly names: readonly string[]
}
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
const MINUTE: Bounds = { min: 0, max: 59, names: [] }
const HOUR: Bounds = { min: 0, max: 23, names: [] }
const DAY_OF_MONTH: Bounds = { min: 1, max: 31, names: [] }
const MONTH: Bounds = { min: 1, max: 12, names: MONTHS }
const DAY_OF_WEEK: Bounds = { min: 0, max: 6, names: DAYS }

const WORDS = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
])
const EVERY = "@every "
const NANOSECONDS = 1_000_000_000n

/** Throws `CronError`. */
export function parseCron(text: string): CronSchedule {
  if (text === "") throw new CronError("empty spec string")
  const { timeZone, rest } = withoutZone(text)
  if (rest.startsWith(EVERY)) return parseEvery(rest)
  const word = WORDS.get(rest)
  if (word === undefined && rest.startsWith("@")) throw new CronError(`unrecognized descriptor: ${rest}`)
  const parts = (word ?? rest).split(/\s+/).filter((part) => part !== "")
  const [minute = "", hour = "", dayOfMonth = "", month = "", dayOfWeek = ""] = parts
  if (parts.length !== 5) {
    throw new CronError(`expected exactly 5 fields, found ${parts.length}: [${parts.join(" ")}]`)
  }
  return {
    type: "fields",
    minute: parseField(minute, MINUTE),
    hour: parseField(hour, HOUR),
    dayOfMonth: parseField(dayOfMonth, DAY_OF_MONTH),
    month: parseField(month, MONTH),
    dayOfWeek: parseField(dayOfWeek, DAY_OF_WEEK),
    timeZone,
  }
}

function withoutZone(text: string): { readonly timeZone: string | undefined; readonly rest: string } {
  if (!/^(CRON_)?TZ=/.test(text)) return { timeZone: undefined, rest: text }
  const start = text.indexOf("=") + 1
  const end = text.indexOf(" ")
  // What a broken zone does to the parser of Kubernetes.
  if (end < start) {
    throw new CronError(`invalid schedule format: runtime error: slice bounds out of range [:${end}]`)
  }
  const timeZone = text.slice(start, end)
  if (!isTimeZone(timeZone)) {
    throw new CronError(`provided bad location ${timeZone}: unknown time zone ${timeZone}`)
  }
  return { timeZone, rest: text.slice(end).trim() }
}

/** A name of the IANA database. https://www.iana.org/time-zones */
export function isTimeZone(name: string): boolean {
  if (name === "" || name === "UTC" || name === "Local") return true
  // Offsets are zones for JavaScript, but not in the database.
  if (/^[-+]/.test(name)) return false
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions()
    // JavaScript takes names in any case; files have only one.
    return timeZone === name || timeZone.toLowerCase() !== name.toLowerCase()
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

function parseEvery(text: string): CronSchedule {
  const duration = text.slice(EVERY.length)
  const nanoseconds = parseDuration(duration)
  if (nanoseconds === undefined) {
    throw new CronError(`failed to parse duration ${text}: time: ${durationProblem(duration)}`)
  }
  // Less than a second is rounded up, anything else down.
  return { type: "every", seconds: Math.max(1, Number(nanoseconds / NANOSECONDS)) }
}

function durationProblem(text: string): string {
  const shown = quote(text)
  const part = /^[-+]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))*(\d+(?:\.\d*)?|\.\d+)([^\d.]*)/.exec(text)
  if (part === null) return `invalid duration ${shown}`
  const unit = part[2] ?? ""
  return unit === "" ? `missing unit in duration ${shown}` : `unknown unit ${quote(unit)} in duration ${shown}`
}

/** Ranges with commas between them. */
function parseField(text: string, bounds: Bounds): CronField {
  const values = new Set<number>()
  let open = false
  for (const expression of text.split(",").filter((part) => part !== "")) {
    const range = parseRange(expression, bounds)
    for (let value = range.start; value <= range.end; value += range.step) values.add(value)
    open ||= range.open
  }
  return { values, open }
}

/** `5`, `1-5`, `*`, `1-5/2`, `*\/2`; `5/2` means from 5 to the end. */
function parseRange(expression: string, bounds: Bounds) {
  const [range = "", stepText, ...moreSteps] = expression.split("/")
  const [low = "", high, ...moreBounds] = range.split("-")
  const star = low === "*" || low === "?"
  let start = bounds.min
  let end = bounds.max
  if (!star) {
    start = numberOrName(low, bounds)
    if (moreBounds.length > 0) throw new CronError(`too many hyphens: ${expression}`)
    end = high === undefined ? start : numberOrName(high, bounds)
  }
  if (moreSteps.length > 0) throw new CronError(`too many slashes: ${expression}`)
  const step = stepText === undefined ? 1 : number(stepText)
  if (stepText !== undefined && high === undefined) end = bounds.max
  if (start < bounds.min) {
    throw new CronError(`beginning of range (${start}) below minimum (${bounds.min}): ${expression}`)
  }
  if (end > bounds.max) throw new CronError(`end of range (${end}) above maximum (${bounds.max}): ${expression}`)
  if (start > end) throw new CronError(`beginning of range (${start}) beyond end of range (${end}): ${expression}`)
  if (step === 0) throw new CronError(`step of range should be a positive number: ${expression}`)
  return { start, end, step, open: star && step === 1 }
}

function numberOrName(text: string, { min, names }: Bounds): number {
  const at = names.indexOf(text.toLowerCase())
  return at < 0 ? number(text) : at + min
}

function number(text: string): number {
  if (!/^[-+]?\d+$/.test(text)) {
    throw new CronError(`failed to parse int from ${text}: strconv.Atoi: parsing ${quote(text)}: invalid syntax`)
  }
  const value = BigInt(text.replace(/^\+/, ""))
  if (BigInt.asIntN(64, value) !== value) {
    throw new CronError(`failed to parse int from ${text}: strconv.Atoi: parsing ${quote(text)}: value out of range`)
  }
  if (value < 0n) throw new CronError(`negative number (${value}) not allowed: ${text}`)
  return Number(value)
}
