import assert from "node:assert/strict"
import { test } from "node:test"
import { ConfigMap } from "../api/core/v1/config-map.ts"
import { createSimPlatform } from "../platform/sim/platform.ts"
import type { Client } from "./client.ts"
import { startInformer } from "./informer.ts"

const named = (name: string, revision: number) => ({
  metadata: { name, namespace: "d", uid: name, resourceVersion: String(revision) },
})

/** An informer whose server sends what the test says. */
async function start() {
  const sent: unknown[] = []
  let wake = () => undefined as void
  const of = () => ({
    list: () => Promise.resolve({ items: [named("a", 1)], resourceVersion: "1" }),
    watch: async function* () {
      for (;;) {
        while (sent.length > 0) yield sent.shift()
        await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  })
  const stop = new AbortController()
  const client = { of } as unknown as Client
  const informer = startInformer(client, ConfigMap, { platform: createSimPlatform({ seed: 1 }), signal: stop.signal })
  await informer.synced
  const send = async (type: string, object: object): Promise<void> => {
    sent.push({ type, object })
    wake()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { informer, send, stop }
}

test("waits for revisions end in order, whatever order they began in", async () => {
  const { informer, send, stop } = await start()
  const over: number[] = []
  for (const revision of [5, 3, 1, 4, 3, 9]) void informer.reached(String(revision)).then(() => over.push(revision))
  await send("ADDED", named("b", 2))
  assert.deepEqual(over, [1])
  await send("MODIFIED", named("b", 4))
  assert.deepEqual(over, [1, 3, 3, 4])
  await send("BOOKMARK", { metadata: { resourceVersion: "7" } })
  assert.deepEqual(over, [1, 3, 3, 4, 5])
  stop.abort()
  await informer.reached("12")
  assert.deepEqual(over, [1, 3, 3, 4, 5, 9])
})

test("who waits for one object is asked only when that changes", async () => {
  const { informer, send, stop } = await start()
  let asked = 0
  const isGone = () => {
    asked++
    return informer.get("d/a") === undefined
  }
  const gone = informer.until(isGone, "d/a").then(() => "gone")
  const any = informer.until(() => informer.list().length === 2).then(() => "two")
  await send("ADDED", named("b", 2))
  assert.equal(await any, "two")
  assert.equal(asked, 1)
  await send("MODIFIED", named("a", 3))
  assert.equal(asked, 2)
  await send("DELETED", named("a", 4))
  assert.equal(await gone, "gone")
  const never = informer.until(() => false, "d/c").then(() => "stopped")
  stop.abort()
  assert.equal(await never, "stopped")
})
