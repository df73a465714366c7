import assert from "node:assert/strict"
import { test } from "node:test"
import { testPlatform } from "../conformance.ts"
import { createSimPlatform } from "./platform.ts"

testPlatform("sim", () => {
  const platform = createSimPlatform({ seed: 7 })
  return { platform, pass: platform.advance }
})

test("the same seed gives the same numbers, another seed others", () => {
  const draw = (seed: number) => {
    const { random } = createSimPlatform({ seed })
    return [random.uuid(), random.int(1_000_000), random.float(), [...random.bytes(4)]]
  }
  assert.deepEqual(draw(1), draw(1))
  assert.notDeepEqual(draw(1), draw(2))
  assert.notDeepEqual(draw(1), draw(1 + 2 ** 32))
})

test("time stands still between advances, and each timer sees its own time", async () => {
  const platform = createSimPlatform({ seed: 1, startMs: 1_000_000 })
  const seen: number[] = []
  platform.clock.after(500, () => seen.push(platform.clock.nowMs()))
  platform.clock.after(100, () => {
    seen.push(platform.clock.nowMs())
    platform.clock.after(100, () => seen.push(platform.clock.nowMs()))
  })
  await platform.advance(499)
  assert.deepEqual(seen, [1_000_100, 1_000_200])
  assert.equal(platform.clock.nowMs(), 1_000_499)
  await platform.advance(1)
  assert.deepEqual(seen, [1_000_100, 1_000_200, 1_000_500])
})

test("promise jobs run between two timers", async () => {
  const platform = createSimPlatform({ seed: 1 })
  const order: string[] = []
  const loop = async () => {
    for (let i = 0; i < 3; i++) {
      await platform.clock.sleep(10)
      await Promise.resolve()
      order.push(`loop ${platform.clock.monotonicMs()}`)
    }
  }
  const done = loop()
  platform.clock.after(20, () => order.push("timer 20"))
  await platform.advance(30)
  await done
  assert.deepEqual(order, ["loop 10", "timer 20", "loop 20", "loop 30"])
})

test("advanceUntil stops as soon as the condition holds, and says when it never will", async () => {
  const platform = createSimPlatform({ seed: 1 })
  let count = 0
  const tick = () => {
    count++
    if (count < 5) platform.clock.after(1000, tick)
  }
  tick()
  await platform.advanceUntil(() => count === 3)
  assert.equal(platform.clock.monotonicMs(), 2000)
  await assert.rejects(
    platform.advanceUntil(() => false, 1500),
    /after 1500 ms/,
  )
  await assert.rejects(
    platform.advanceUntil(() => false),
    /no timer is left/,
  )
})

test("only scripted processes run", async () => {
  const { processes } = createSimPlatform({ seed: 1 })
  await assert.rejects(processes.run("crun", ["run", "x"]), /"crun run x" is not scripted/)
  await assert.rejects(processes.spawn("crun", []).exited, /not scripted/)
  processes.script("crun", (args) => ({ stdout: args.join("+") }))
  assert.deepEqual(await processes.run("crun", ["a", "b"]), { code: 0, signal: null, stdout: "a+b", stderr: "" })
  const child = processes.spawn("crun", ["a"])
  assert.deepEqual(await child.exited, { code: 0, signal: null })
  assert.equal(String(await child.stdout?.toArray()), "a")
})

test("a scripted process that hangs can be aborted or killed", async () => {
  const { processes } = createSimPlatform({ seed: 1 })
  processes.script("sleep", () => new Promise(() => undefined))
  const abort = new AbortController()
  const running = processes.run("sleep", ["9"], { signal: abort.signal })
  const reason = new Error("enough")
  abort.abort(reason)
  await assert.rejects(running, reason)
  const child = processes.spawn("sleep", ["9"])
  child.kill("SIGKILL")
  assert.deepEqual(await child.exited, { code: null, signal: "SIGKILL" })
})
