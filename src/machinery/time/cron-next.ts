import type { CronSchedule } from "./cron.ts"

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** As robfig/cron: a schedule without a match in five years, such as February 30, has none. */
const YEARS_MAX = 5

/**
 * The first time after `afterMs` that the schedule names, in milliseconds since the epoch; undefined for none. Times
 * that a clock change skips are left out, and those that it repeats come twice.
 */
export function nextCronTime(schedule: CronSchedule, afterMs: number, timeZone = "UTC"): number | undefined {
  if (schedule.type === "every") return (Math.floor(afterMs / 1000) + schedule.seconds) * 1000
  const { minute, hour, dayOfMonth, month, dayOfWeek } = schedule
  const clock = wallClock(schedule.timeZone ?? timeZone)
  let at = (Math.floor(afterMs / MINUTE_MS) + 1) * MINUTE_MS
  const lastYear = clock(at).year + YEARS_MAX
  for (;;) {
    const now = clock(at)
    if (now.year > lastYear) return undefined
    const onMonthDay = dayOfMonth.values.has(now.day)
    const onWeekDay = dayOfWeek.values.has(now.weekday)
    // When both fields name days, either will do.
    const onDay = dayOfMonth.open || dayOfWeek.open ? onMonthDay && onWeekDay : onMonthDay || onWeekDay
    const dayFits = month.values.has(now.month) && onDay
    if (!dayFits) at = nextDayMs(clock, at, now)
    else if (!hour.values.has(now.hour)) at += (60 - now.minute) * MINUTE_MS
    else if (!minute.values.has(now.minute)) at += MINUTE_MS
    else return at
  }
}

interface WallTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly weekday: number
  readonly hour: number
  readonly minute: number
}
type WallClock = (ms: number) => WallTime

/** The first minute of the day after. Days with a clock change are not 24 hours long. */
function nextDayMs(clock: WallClock, at: number, now: WallTime): number {
  let next = at + DAY_MS - (now.hour * 60 + now.minute) * MINUTE_MS
  const there = clock(next)
  if (there.day === now.day) return next + (24 * 60 - there.hour * 60 - there.minute) * MINUTE_MS
  // After the longer step the clock may stand at one, with midnight an hour behind.
  while (next - MINUTE_MS > at && clock(next - MINUTE_MS).day !== now.day) next -= MINUTE_MS
  return next
}

function wallClock(timeZone: string): WallClock {
  const wallMs = wallTimeIn(timeZone)
  return (ms) => utcTime(wallMs(ms))
}

/** Turns a time into the one at which UTC shows what clocks of the zone show then, to the minute. */
function wallTimeIn(timeZone: string): (ms: number) => number {
  if (timeZone === "" || timeZone === "UTC" || timeZone === "Local") return (ms) => ms
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  })
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]))
    const get = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0
    return Date.UTC(get("year"), get("month") - 1, get("day"), get("hour"), get("minute"))
  }
}

/** RFC 3339 with the zone's offset from UTC at that time. */
export function timeInZone(ms: number, timeZone: string): string {
  const minutes = Math.floor(wallTimeIn(timeZone)(ms) / MINUTE_MS) - Math.floor(ms / MINUTE_MS)
  const text = new Date(ms + minutes * MINUTE_MS).toISOString().slice(0, -5)
  if (minutes === 0) return `${text}Z`
  const two = (value: number) => `${Math.floor(value)}`.padStart(2, "0")
  const size = Math.abs(minutes)
  return `${text}${minutes < 0 ? "-" : "+"}${two(size / 60)}:${two(size % 60)}`
}

function utcTime(ms: number): WallTime {
  const date = new Date(ms)
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
  }
}
