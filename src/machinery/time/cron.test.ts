import assert from "node:assert/strict"
import { test } from "node:test"
import { CronError, isTimeZone, parseCron } from "./cron.ts"

/** The numbers of a schedule's five fields; a star is one that leaves the day to the other field. */
function fields(text: string): readonly string[] {
  const schedule = parseCron(text)
  assert.ok(schedule.type === "fields")
  const { minute, hour, dayOfMonth, month, dayOfWeek } = schedule
  return [minute, hour, dayOfMonth, month, dayOfWeek].map(({ values, open }) => (open ? "*" : [...values].join(",")))
}

const schedules: readonly (readonly [text: string, ...fields: readonly string[]])[] = [
  ["*/15 0 1,15 * 1-5", "0,15,30,45", "0", "1,15", "*", "1,2,3,4,5"],
  ["5/20 22-23 ? JAN,mar Sun", "5,25,45", "22,23", "*", "1,3", "0"],
  ["1-9/4  8\t* 11/1 *", "1,5,9", "8", "*", "11,12", "*"],
  ["@hourly", "0", "*", "*", "*", "*"],
  ["@weekly", "0", "0", "*", "*", "0"],
  ["@yearly", "0", "0", "1", "1", "*"],
  ["TZ=Europe/Berlin @daily", "0", "0", "*", "*", "*"],
]
for (const [text, ...expected] of schedules) {
  test(`the schedule ${text}`, () => assert.deepEqual(fields(text), expected))
}

test("periods are whole seconds, at least one", () => {
  assert.deepEqual(parseCron("@every 1h30m"), { type: "every", seconds: 5400 })
  assert.deepEqual(parseCron("@every 1ms"), { type: "every", seconds: 1 })
})

const mistakes: readonly (readonly [text: string, message: string])[] = [
  ["", "empty spec string"],
  ["* * * *", "expected exactly 5 fields, found 4: [* * * *]"],
  ["60 * * * *", "end of range (60) above maximum (59): 60"],
  ["* * 0 * *", "beginning of range (0) below minimum (1): 0"],
  ["5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"],
  ["*/0 * * * *", "step of range should be a positive number: */0"],
  ["*/-1 * * * *", "negative number (-1) not allowed: -1"],
  ["1-2-3 * * * *", "too many hyphens: 1-2-3"],
  ["1/2/3 * * * *", "too many slashes: 1/2/3"],
  ["x * * * *", 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
  [
    "99999999999999999999 * * * *",
    'failed to parse int from 99999999999999999999: strconv.Atoi: parsing "99999999999999999999": value out of range',
  ],
  ["@noon", "unrecognized descriptor: @noon"],
  ["@every x", 'failed to parse duration @every x: time: invalid duration "x"'],
  ["@every 5", 'failed to parse duration @every 5: time: missing unit in duration "5"'],
  ["@every 1h5x", 'failed to parse duration @every 1h5x: time: unknown unit "x" in duration "1h5x"'],
  ["TZ=Mars/Base * * * * *", "provided bad location Mars/Base: unknown time zone Mars/Base"],
  ["TZ=UTC", "invalid schedule format: runtime error: slice bounds out of range [:-1]"],
]
for (const [text, message] of mistakes) {
  test(`what is wrong with ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseCron(text), new CronError(message))
  })
}

test("time zones are those of the database", () => {
  for (const name of ["UTC", "Europe/Berlin", "US/Eastern", "Etc/GMT+5"]) assert.equal(isTimeZone(name), true, name)
  for (const name of ["europe/berlin", "Mars/Base", "+0100"]) assert.equal(isTimeZone(name), false, name)
})

test("a duration without end is refused at once", () => {
  // A pattern that is tried at every place of it would take hours.
  const digits = "1".repeat(1 << 20)
  assert.throws(() => parseCron(`@every ${digits}`), /^CronError: .*missing unit in duration "1+"$/)
  assert.throws(() => parseCron(`@every 1s${digits}x`), /^CronError: .*unknown unit "x" in duration/)
})
