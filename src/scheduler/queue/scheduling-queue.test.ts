import assert from "node:assert/strict"
import { test } from "node:test"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { nodeUpdated, podDeleted } from "../events.ts"
import { cluster, node, pod, profileOver } from "../testing.ts"
import { SchedulingQueue } from "./scheduling-queue.ts"

function newQueue() {
  const platform = createSimPlatform({ seed: 1 })
  const profile = profileOver(cluster([node("n1")]))
  const profiles = new Map([[profile.schedulerName, profile]])
  return { platform, queue: new SchedulingQueue({ clock: platform.clock, profiles }) }
}
async function taken(queue: SchedulingQueue) {
  const waiting = await queue.take()
  assert.ok(waiting)
  return waiting
}

test("pods come out by priority, then in the order they came in", async () => {
  const { platform, queue } = newQueue()
  for (const [name, priority] of [
    ["low", 0],
    ["first", 10],
    ["second", 10],
  ] as const) {
    queue.set(pod(name, { priority }))
    await platform.advance(1)
  }
  const names = [await taken(queue), await taken(queue), await taken(queue)].map(
    ({ pod: { metadata } }) => metadata.name,
  )
  assert.deepEqual(names, ["first", "second", "low"])
})

test("a gated pod waits until its gates are gone", async () => {
  const { queue } = newQueue()
  queue.set(pod("a", { schedulingGates: [{ name: "quota" }] }))
  assert.equal(queue.busyCount, 0)
  queue.set(pod("a"))
  assert.equal((await taken(queue)).key, "default/a")
})

const leaves = (name: string) => podDeleted(pod(name, { nodeName: "n1" }))
const uncordoned = nodeUpdated(node("n1"), node("n1", { unschedulable: true }))
assert.ok(uncordoned)

test("only an event that can help wakes a rejected pod, and not before its pause is over", async () => {
  const { platform, queue } = newQueue()
  queue.set(pod("a", { requests: { cpu: "2" } }))
  queue.rejected(await taken(queue), new Set(["NodeUnschedulable"]))
  await platform.advance(5000)
  queue.notify(leaves("b"))
  queue.notify({ ...uncordoned, object: node("n1"), previous: node("n1") })
  assert.equal(queue.counts().unschedulable, 1)
  queue.notify(uncordoned)
  assert.equal(queue.counts().active, 1)

  queue.rejected(await taken(queue), new Set(["NodeResourcesFit"]))
  queue.notify(leaves("b"))
  assert.equal(queue.counts().backoff, 1, "the second pause lasts two seconds")
  await platform.advance(1999)
  assert.equal(queue.counts().backoff, 1)
  await platform.advance(1)
  assert.equal(queue.counts().active, 1)
})

test("a pause ends early when nobody else waits, but not after an error", async () => {
  const { platform, queue } = newQueue()
  queue.set(pod("refused"))
  queue.rejected(await taken(queue), new Set(["NodeResourcesFit"]))
  queue.notify(leaves("b"))
  assert.equal((await taken(queue)).key, "default/refused")
  queue.set(pod("failed"))
  queue.retry(await taken(queue))
  assert.equal(queue.takeNow(), undefined)
  await platform.advance(1000)
  assert.equal(queue.takeNow()?.key, "default/failed")
})

test("an event that comes while a pod is tried counts", async () => {
  const { queue } = newQueue()
  queue.set(pod("a"))
  const waiting = await taken(queue)
  queue.notify(leaves("b"))
  queue.rejected(waiting, new Set(["NodeResourcesFit"]))
  assert.equal(queue.counts().backoff, 1)
})

test("a rejected pod is tried again after five minutes whatever happens", async () => {
  const { platform, queue } = newQueue()
  queue.set(pod("a"))
  queue.rejected(await taken(queue), new Set(["NodeName"]))
  await platform.advance(299_999)
  assert.equal(queue.counts().unschedulable, 1)
  await platform.advance(1)
  assert.equal(queue.counts().active, 1)
})

test("a removed pod never comes out, and closing ends the wait", async () => {
  const { queue } = newQueue()
  queue.set(pod("a"))
  queue.remove("default/a")
  assert.equal(queue.busyCount, 0)
  const next = queue.take()
  queue.close()
  assert.equal(await next, undefined)
})
