import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { createDeviceHealth } from "./device-health.ts"

const dir = mkdtempSync(join(tmpdir(), "gantry-health-"))
after(() => rmSync(dir, { recursive: true, force: true }))
const report = (deviceName: string, health: number) => ({
  device: { poolName: "p", deviceName },
  health,
  healthCheckTimeoutSeconds: 60n,
  message: "hot",
})

test("what a driver said counts for an agent that restarts, for as long as it would have", async () => {
  const file = join(dir, "state")
  const before = createSimPlatform({ seed: 1 })
  const changed: string[] = []
  const first = createDeviceHealth(before, file, () => {})
  first.report("gpu", [report("0", 1) as never, report("1", 2) as never])
  await before.advance(20_000)
  first.close()

  // Another process, whose monotonic clock stands elsewhere.
  const now = createSimPlatform({ seed: 2 })
  await now.advance(before.clock.nowMs() - now.clock.nowMs() + 10_000)
  const second = createDeviceHealth(now, file, (driver) => changed.push(driver))
  assert.deepEqual(second.of("gpu", "p", "0"), { health: "Healthy", message: "hot" })
  assert.deepEqual(second.of("gpu", "p", "1"), { health: "Unhealthy", message: "hot" })
  assert.deepEqual(second.of("gpu", "p", "2"), { health: "Unknown" })
  await now.advance(29_000)
  assert.deepEqual([second.of("gpu", "p", "0").health, changed], ["Healthy", []])
  await now.advance(2000)
  assert.deepEqual([second.of("gpu", "p", "0").health, changed], ["Unknown", ["gpu"]])
  second.forget("gpu")
  second.close()
  assert.deepEqual(createDeviceHealth(now, file, () => {}).of("gpu", "p", "1"), { health: "Unknown" })
})

test("a file that was not written whole says nothing", () => {
  const file = join(dir, "broken")
  writeFileSync(file, '{"savedMs":1,"drivers":[["gpu"')
  const health = createDeviceHealth(createSimPlatform({ seed: 1 }), file, () => {})
  assert.deepEqual(health.of("gpu", "p", "0"), { health: "Unknown" })
})
