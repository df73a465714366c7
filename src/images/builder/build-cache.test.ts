import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { BuildCache, cachedLayers, cacheKey } from "./build-cache.ts"

const GIB = 1024 ** 3
const DAY_MS = 86_400_000
const digest = (n: number) => `sha256:${String(n).repeat(64)}`
const entry = (n: number, size: number) => ({
  createdMs: 0,
  layer: { diffId: digest(n), blob: { mediaType: "x", digest: digest(n), size } },
})

async function withCache(work: (cache: BuildCache, dir: string, sim: ReturnType<typeof createSimPlatform>) => unknown) {
  const dir = mkdtempSync(join(tmpdir(), "gantry-build-cache-"))
  const sim = createSimPlatform({ seed: 1 })
  try {
    await work(new BuildCache(dir, sim), dir, sim)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

test("finds what was put, by all of its inputs", () =>
  withCache((cache) => {
    cache.put(cacheKey({ a: 1, b: ["x"] }), entry(1, 5))
    assert.deepEqual(cache.find(cacheKey({ a: 1, b: ["x"] })), entry(1, 5))
    assert.equal(cache.find(cacheKey({ a: 1, b: ["y"] })), null)
  }))

test("keeps layers that were used of late, up to a size", () =>
  withCache(async (cache, dir, sim) => {
    const put = async (n: number, size: number) => {
      cache.put(cacheKey({ n }), entry(n, size))
      await sim.advance(1000)
    }
    await put(1, 6 * GIB)
    await put(2, 3 * GIB)
    await put(3, 3 * GIB)
    cache.find(cacheKey({ n: 1 }))
    const kept = () => cachedLayers(dir, sim.clock.nowMs()).map(({ diffId }) => diffId)
    assert.deepEqual(kept(), [digest(1), digest(3)], "the one used longest ago goes")
    assert.equal(cache.find(cacheKey({ n: 2 })), null)
    await sim.advance(10 * DAY_MS)
    cache.find(cacheKey({ n: 3 }))
    await sim.advance(5 * DAY_MS)
    assert.deepEqual(kept(), [digest(3)])
  }))
