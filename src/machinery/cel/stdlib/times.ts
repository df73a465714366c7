import type { FunctionDeclaration, OverloadDeclaration } from "../declarations.ts"
import { isError } from "../error.ts"
import { durationType, intType, stringType, timestampType } from "../types.ts"
import type { CelDuration, CelTimestamp } from "../value.ts"
import { type WallClock, wallClock } from "../values/time-zone.ts"
import { method } from "./overloads.ts"

const NANOS_PER_MS = 1_000_000

/** A part of a time, in UTC or in the zone that is given. Ids are those of cel-go, irregular as they are. */
function part(name: string, id: string, zonedId: string, get: (clock: WallClock, time: CelTimestamp) => number) {
  const at = (time: CelTimestamp, zone?: string) => {
    const clock = wallClock(time, zone)
    return isError(clock) ? clock : BigInt(get(clock, time))
  }
  return {
    name,
    overloads: [
      method(id, [timestampType], intType, (time: CelTimestamp) => at(time)),
      method(zonedId, [timestampType, stringType], intType, (time: CelTimestamp, zone: string) => at(time, zone)),
    ],
  }
}

function durationPart(id: string, nanos: bigint): OverloadDeclaration {
  return method(id, [durationType], intType, (duration: CelDuration) => duration.nanos / nanos)
}

function withDuration(declaration: FunctionDeclaration, overload: OverloadDeclaration): FunctionDeclaration {
  return { ...declaration, overloads: [...declaration.overloads, overload] }
}

export const times: readonly FunctionDeclaration[] = [
  part("getFullYear", "timestamp_to_year", "timestamp_to_year_with_tz", ({ year }) => year),
  part("getMonth", "timestamp_to_month", "timestamp_to_month_with_tz", ({ month }) => month),
  part("getDayOfYear", "timestamp_to_day_of_year", "timestamp_to_day_of_year_with_tz", ({ dayOfYear }) => dayOfYear),
  part("getDayOfMonth", "timestamp_to_day_of_month", "timestamp_to_day_of_month_with_tz", ({ day }) => day - 1),
  part("getDate", "timestamp_to_day_of_month_1_based", "timestamp_to_day_of_month_1_based_with_tz", ({ day }) => day),
  part("getDayOfWeek", "timestamp_to_day_of_week", "timestamp_to_day_of_week_with_tz", ({ weekday }) => weekday),
  withDuration(
    part("getHours", "timestamp_to_hours", "timestamp_to_hours_with_tz", ({ hour }) => hour),
    durationPart("duration_to_hours", 3_600_000_000_000n),
  ),
  withDuration(
    part("getMinutes", "timestamp_to_minutes", "timestamp_to_minutes_with_tz", ({ minute }) => minute),
    durationPart("duration_to_minutes", 60_000_000_000n),
  ),
  withDuration(
    part("getSeconds", "timestamp_to_seconds", "timestamp_to_seconds_tz", ({ second }) => second),
    durationPart("duration_to_seconds", 1_000_000_000n),
  ),
  withDuration(
    part("getMilliseconds", "timestamp_to_milliseconds", "timestamp_to_milliseconds_with_tz", (_, { nanos }) =>
      Math.floor(nanos / NANOS_PER_MS),
    ),
    durationPart("duration_to_milliseconds", BigInt(NANOS_PER_MS)),
  ),
]
