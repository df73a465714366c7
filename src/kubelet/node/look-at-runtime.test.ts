import assert from "node:assert/strict"
import { test } from "node:test"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { createFakeRuntime } from "../../runtime/fake/fake-runtime.ts"
import { createFakeImages } from "../testing/fake-images.ts"
import { lookAtRuntime } from "./look-at-runtime.ts"

test("a runtime is down once it has been away for half a minute, and what it said stands until it is back", async () => {
  const platform = createSimPlatform({ seed: 1 })
  const fake = createFakeRuntime({ clock: platform.clock })
  let isAway = true
  const status = () => (isAway ? Promise.reject(new Error("nobody is there")) : fake.status())
  const look = lookAtRuntime({ images: createFakeImages("app:1"), platform, runtime: { ...fake, status } })
  await assert.rejects(look(), /nobody is there/)
  isAway = false
  const before = await look()
  assert.equal(before.isDown, false)
  isAway = true
  await platform.advance(29_000)
  assert.equal((await look()).isDown, false)
  await platform.advance(1000)
  assert.deepEqual(await look(), { ...before, isDown: true })
  isAway = false
  assert.equal((await look()).isDown, false)
})
