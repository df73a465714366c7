import assert from "node:assert/strict"
import { test } from "node:test"
import { parseCron } from "./cron.ts"
import { nextCronTime, timeInZone } from "./cron-next.ts"

const cases: readonly (readonly [schedule: string, zone: string, after: string, want: string | undefined])[] = [
  ["*/5 * * * *", "UTC", "2026-01-01T00:00:00Z", "2026-01-01T00:05:00.000Z"],
  ["*/5 * * * *", "UTC", "2026-01-01T00:04:59Z", "2026-01-01T00:05:00.000Z"],
  ["@hourly", "UTC", "2026-12-31T23:30:00Z", "2027-01-01T00:00:00.000Z"],
  ["0 9 * * mon-fri", "Europe/Berlin", "2026-01-02T12:00:00Z", "2026-01-05T08:00:00.000Z"],
  ["TZ=Asia/Kolkata 0 0 * * *", "UTC", "2026-01-01T00:00:00Z", "2026-01-01T18:30:00.000Z"],
  // Either a 13th or a Friday.
  ["0 0 13 * 5", "UTC", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00.000Z"],
  ["0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00.000Z"],
  ["0 0 30 2 *", "UTC", "2026-01-01T00:00:00Z", undefined],
  // Clocks skip 2:30 that night.
  ["30 2 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-30T00:30:00.000Z"],
  // And show 1:30 twice in this one.
  ["30 1 * * *", "America/New_York", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00.000Z"],
  ["0 0 2 11 *", "America/New_York", "2026-11-01T04:30:00Z", "2026-11-02T05:00:00.000Z"],
  // There was no midnight in Santiago on September 6, 2026.
  ["0 1 6 9 *", "America/Santiago", "2026-09-05T12:00:00Z", "2026-09-06T04:00:00.000Z"],
  ["@every 90s", "UTC", "2026-01-01T00:00:01.500Z", "2026-01-01T00:01:31.000Z"],
]

for (const [schedule, zone, after, want] of cases) {
  test(`${schedule} in ${zone} after ${after}`, () => {
    const found = nextCronTime(parseCron(schedule), Date.parse(after), zone)
    assert.equal(found === undefined ? undefined : new Date(found).toISOString(), want)
  })
}

test("times are written with the offset of their zone", () => {
  const winter = Date.parse("2026-01-01T00:00:07Z")
  const zones = ["UTC", "Europe/London", "Europe/Berlin", "America/St_Johns"]
  assert.deepEqual(
    zones.map((zone) => timeInZone(winter, zone)),
    ["2026-01-01T00:00:07Z", "2026-01-01T00:00:07Z", "2026-01-01T01:00:07+01:00", "2025-12-31T20:30:07-03:30"],
  )
})
