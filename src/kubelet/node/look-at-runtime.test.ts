import assert from "node:assert/strict"
import { test } from "node:test"
import { startTestNode } from "../testing/test-node.ts"

test("a runtime that is away for half a minute makes the node not ready, until it is back", async () => {
  const node = await startTestNode()
  const ready = () => {
    const conditions = node.api.node()?.status.conditions ?? []
    const { message, reason, status } = conditions.find(({ type }) => type === "Ready") ?? {}
    return [status, reason, message]
  }
  await node.platform.clock.advanceUntil(() => ready()[0] === "True")
  const answer = node.runtime.status
  node.runtime.status = () => Promise.reject(new Error("nobody is there"))
  const goneMs = node.platform.clock.monotonicMs()
  await node.platform.clock.advanceUntil(() => ready()[0] === "False")
  assert.deepEqual(ready(), ["False", "KubeletNotReady", "container runtime is down"])
  assert.ok(node.platform.clock.monotonicMs() - goneMs >= 20_000)
  node.runtime.status = answer
  await node.platform.clock.advanceUntil(() => ready()[0] === "True")
  await node.close()
})
