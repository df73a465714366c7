import assert from "node:assert/strict"
import { test } from "node:test"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { BATCH_DEFAULTS, type BatchSettings, createBatches } from "./batches.ts"

function start(settings: Partial<BatchSettings> = {}, failures = 0) {
  const platform = createSimPlatform({ seed: 1 })
  const sent: string[] = []
  const lost: string[] = []
  let left = failures
  const batches = createBatches({
    ...BATCH_DEFAULTS,
    ...settings,
    ...platform,
    plugin: "webhook",
    lost: (plugin, error, count) => lost.push(`${plugin} ${count}: ${error instanceof Error ? error.message : ""}`),
    async send(items) {
      if (left-- > 0) throw new Error("no connection")
      sent.push(items.join(""))
    },
  })
  return { platform, sent, lost, batches }
}

test("events wait for others, and are sent when there are enough", async () => {
  const { platform, sent, batches } = start({ eventsMax: 3 })
  for (const item of "abcd") batches.write(item)
  await platform.advance(29_999)
  assert.deepEqual(sent, ["abc"])
  batches.write("e")
  await platform.advance(1)
  assert.deepEqual(sent, ["abc", "de"])
  await batches.close()
})

test("more batches than the rate allows wait their turn", async () => {
  const { platform, sent, batches } = start({ eventsMax: 1, burst: 2, rate: 10 })
  for (const item of "abcd") batches.write(item)
  await platform.advance(0)
  assert.deepEqual(sent, ["a", "b"])
  await platform.advance(100)
  assert.deepEqual(sent, ["a", "b", "c"])
  await platform.advance(100)
  assert.deepEqual(sent, ["a", "b", "c", "d"])
  await batches.close()
})

test("what fails is tried five times, later and later", async () => {
  const { platform, sent, lost, batches } = start({ eventsMax: 1 }, 4)
  batches.write("a")
  // Four waits of 10 s, 15 s, 22.5 s and 33.75 s, each up to a fifth longer.
  await platform.advance(81_000)
  assert.deepEqual(sent, [])
  await platform.advance(17_000)
  assert.deepEqual([sent, lost], [["a"], []])
  await batches.close()
})

test("what fails five times is lost, and that is told", async () => {
  const { platform, sent, lost, batches } = start({ eventsMax: 1 }, 5)
  batches.write("a")
  await platform.advance(200_000)
  assert.deepEqual([sent, lost], [[], ["webhook 1: no connection"]])
  await batches.close()
})

test("a buffer that is full takes nothing more", async () => {
  const { lost, batches, sent } = start({ bufferMax: 2 })
  for (const item of "abc") batches.write(item)
  assert.deepEqual(lost, ["buffered 1: audit buffer queue blocked"])
  await batches.close()
  assert.deepEqual(sent, ["ab"])
})

test("at the end everything is sent, and what failed is tried once more without waiting", async () => {
  const { platform, sent, batches, lost } = start({ eventsMax: 1 }, 1)
  batches.write("a")
  await platform.advance(0)
  await batches.close()
  assert.deepEqual([sent, lost], [["a"], []])
})
