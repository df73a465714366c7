import assert from "node:assert/strict"
import { test } from "node:test"
import { startCluster } from "./index.ts"

test("a closed cluster leaves nothing that keeps a process alive", async () => {
  const before = process.getActiveResourcesInfo().sort()
  for (const clock of ["virtual", "real"] as const) {
    const cluster = await startCluster({ nodes: 2, clock, listen: {} })
    await cluster.settled()
    await cluster.close()
  }
  // The system says a few turns later that a socket is closed.
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(process.getActiveResourcesInfo().sort(), before)
})
