import assert from "node:assert/strict"
import { test } from "node:test"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { type Entry, type Queueing, QueueSet } from "./queue-set.ts"

const ONE = { seats: 1, finalSeats: 0, finalMs: 0 }
const quiet = new AbortController().signal

function setUp(limit: number, queueing: Queueing | undefined = { queues: 4, handSize: 1, lengthMax: 10 }) {
  const { clock, advance } = createSimPlatform({ seed: 1 })
  const demands: number[] = []
  const set = new QueueSet({ clock, onDemand: (seats) => demands.push(seats) })
  set.configure(queueing, limit)
  const log: string[] = []
  const leaves = new Map<string, () => void>()
  const note = (name: string, entry: Entry): void => {
    if ("refused" in entry) return void log.push(`${name} ${entry.refused}`)
    log.push(name)
    leaves.set(name, entry.leave)
  }
  const enter = (name: string, queue: number, work = ONE, signal = quiet) => {
    const entry = set.enter(work, [queue], 1000, () => signal)
    if (entry instanceof Promise) void entry.then((later) => note(name, later))
    else note(name, entry)
  }
  const leave = async (name: string, afterMs = 3) => {
    await advance(afterMs)
    leaves.get(name)?.()
    await advance(0)
  }
  return { set, enter, leave, log, advance, demands }
}

test("what fits runs at once, the rest waits in order", async () => {
  const { enter, leave, log } = setUp(2)
  for (const name of ["a", "b", "c", "d"]) enter(name, 0)
  assert.deepEqual(log, ["a", "b"])
  await leave("a")
  await leave("b")
  assert.deepEqual(log, ["a", "b", "c", "d"])
})

test("a flow with many requests waits for itself, not for its neighbours", async () => {
  const { enter, leave, log } = setUp(1)
  for (let index = 0; index < 6; index++) enter(`many${index}`, 0)
  enter("few", 1)
  await leave("many0")
  await leave("many1")
  assert.ok(log.indexOf("few") <= 2, log.join(" "))
})

test("who took long has the next turn later", async () => {
  const { enter, leave, log } = setUp(1)
  enter("slow0", 0)
  for (const name of ["slow1", "slow2"]) enter(name, 0)
  for (const name of ["quick0", "quick1", "quick2"]) enter(name, 1)
  await leave("slow0", 500)
  for (const name of ["quick0", "quick1", "quick2"]) await leave(name)
  assert.deepEqual(log, ["slow0", "quick0", "quick1", "quick2", "slow1"])
})

test("a full queue refuses, and so does waiting too long", async () => {
  const { enter, log, advance } = setUp(1, { queues: 1, handSize: 1, lengthMax: 1 })
  for (const name of ["runs", "waits", "refused"]) enter(name, 0)
  assert.deepEqual(log, ["runs", "refused queue-full"])
  await advance(1000)
  assert.deepEqual(log, ["runs", "refused queue-full", "waits time-out"])
})

test("a client that goes away leaves its place in the queue", async () => {
  const { set, enter, log, advance, leave } = setUp(1)
  const client = new AbortController()
  enter("runs", 0)
  enter("gone", 0, ONE, client.signal)
  enter("next", 0)
  client.abort()
  await advance(0)
  await leave("runs")
  assert.deepEqual(log, ["runs", "gone cancelled", "next"])
  await leave("next")
  assert.deepEqual(set.state, { queues: 4, waiting: 0, executing: 0, seatsInUse: 0 })
})

test("without queues what does not fit is refused", () => {
  const { set, enter, log } = setUp(1)
  set.configure(undefined, 1)
  enter("a", 0)
  enter("b", 0)
  assert.deepEqual(log, ["a", "b concurrency-limit"])
})

test("a wide request waits until there is room, one wider than all runs alone", async () => {
  const { enter, leave, log } = setUp(3)
  enter("a", 0)
  enter("b", 1)
  enter("wide", 2, { ...ONE, seats: 3 })
  enter("huge", 3, { ...ONE, seats: 9 })
  await leave("a")
  assert.deepEqual(log, ["a", "b"])
  await leave("b")
  await leave("wide")
  assert.deepEqual(log, ["a", "b", "wide", "huge"])
})

test("places for telling watchers are held after the answer", async () => {
  const { enter, leave, log, advance } = setUp(2)
  enter("change", 0, { seats: 1, finalSeats: 2, finalMs: 50 })
  enter("next", 1)
  await leave("change")
  await advance(49)
  assert.deepEqual(log, ["change"])
  await advance(1)
  assert.deepEqual(log, ["change", "next"])
})
