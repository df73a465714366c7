import { CelError } from "../error.ts"
import type { CelTimestamp } from "../value.ts"

/** A time's parts as a wall clock shows them. */
export interface WallClock {
  readonly year: number
  /** From 0. */
  readonly month: number
  /** From 1. */
  readonly day: number
  readonly dayOfYear: number
  /** Sunday is 0. */
  readonly weekday: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

const DAY_MS = 86_400_000
const OFFSET = /^([+-]?\d+):([+-]?\d+)$/

/** In UTC without a zone; else in a zone of the IANA database or at an offset such as `-08:00`. */
export function wallClock(time: CelTimestamp, zone?: string): WallClock | CelError {
  const ms = time.seconds * 1000
  if (zone === undefined || zone === "" || zone === "UTC") return parts(ms)
  if (zone.includes(":")) {
    const offset = OFFSET.exec(zone)
    if (offset === null) return badOffset(zone)
    const hours = Number(offset[1])
    const minutes = Number(offset[2])
    return parts(ms + (hours * 60 + (zone.startsWith("-") ? -minutes : minutes)) * 60_000)
  }
  const offsetMs = zoneOffsetMs(ms, zone)
  return offsetMs === undefined ? new CelError(`unknown time zone ${zone}`) : parts(ms + offsetMs)
}

function badOffset(zone: string): CelError {
  const at = zone.indexOf(":")
  const wrong = [zone.slice(0, at), zone.slice(at + 1)].find((part) => !/^[+-]?\d+$/.test(part)) ?? zone
  return new CelError(`strconv.Atoi: parsing ${JSON.stringify(wrong)}: invalid syntax`)
}

function parts(ms: number): WallClock {
  const date = new Date(ms)
  const yearStart = new Date(ms)
  yearStart.setUTCMonth(0, 1)
  yearStart.setUTCHours(0, 0, 0, 0)
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth(),
    day: date.getUTCDate(),
    dayOfYear: Math.floor((ms - yearStart.getTime()) / DAY_MS),
    weekday: date.getUTCDay(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  }
}

/** Zones come from expressions, of which there are any number. */
const ZONES_MAX = 200
const formats = new Map<string, Intl.DateTimeFormat | undefined>()

function zoneOffsetMs(ms: number, zone: string): number | undefined {
  if (!formats.has(zone)) {
    if (formats.size >= ZONES_MAX) formats.clear()
    formats.set(zone, zoneFormat(zone))
  }
  const name = formats
    .get(zone)
    ?.formatToParts(ms)
    .find(({ type }) => type === "timeZoneName")?.value
  if (name === undefined) return undefined
  const match = /^GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(name)
  if (match === null) return undefined
  const [, sign, hours = "0", minutes = "0", seconds = "0"] = match
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 * (sign === "-" ? -1 : 1)
}

function zoneFormat(zone: string): Intl.DateTimeFormat | undefined {
  // Intl takes any case and bare offsets, the database neither.
  if (!/^[A-Z]/.test(zone)) return undefined
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
