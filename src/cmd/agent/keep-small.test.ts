import assert from "node:assert/strict"
import { test } from "node:test"
import { getHeapStatistics } from "node:v8"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { createEventHub } from "../../runtime/event-hub.ts"
import type { RuntimeEvent } from "../../runtime/runtime.ts"
import type { SandboxId } from "../../runtime/sandbox.ts"
import { keepSmall } from "./keep-small.ts"

const GARBAGE_BYTES = 64_000_000
const heapBytes = () => getHeapStatistics().total_heap_size

function makeGarbage(): void {
  const kept = Array.from({ length: GARBAGE_BYTES / 800 }, (_, at) => Array.from({ length: 100 }, () => at))
  assert.equal(kept.at(-1)?.length, 100)
}

test("memory is given back when containers have come to rest, also those of a runtime that was away", async () => {
  const platform = createSimPlatform({ seed: 1 })
  const hub = createEventHub<RuntimeEvent>()
  const stop = new AbortController()
  let isAway = true
  const runtime = {
    async *events(signal: AbortSignal) {
      if (isAway) throw new Error("away")
      yield* hub.subscribe(signal, () => [])
    },
  }
  const ended = keepSmall(runtime, platform, stop.signal)
  isAway = false
  await platform.advance(20_000)

  makeGarbage()
  const busyBytes = heapBytes()
  hub.publish({ type: "sandbox-removed", id: "s" as SandboxId, podUid: "p" })
  await platform.advance(3000)
  assert.ok(heapBytes() < busyBytes - GARBAGE_BYTES / 2, `${busyBytes} before, ${heapBytes()} after`)
  stop.abort()
  await ended
})
