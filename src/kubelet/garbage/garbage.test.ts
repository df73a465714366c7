import assert from "node:assert/strict"
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { gunzipSync } from "node:zlib"
import type { NodeImage } from "../../images/images.ts"
import { defaultSettings } from "../settings/settings.ts"
import { instance, sandbox } from "../testing/pods.ts"
import { garbageOf } from "./dead-containers.ts"
import { rotateLog } from "./rotate-logs.ts"
import { bytesToFree, imagesToRemove } from "./unused-images.ts"

test("of each container two instances stay", () => {
  const containers = [3, 2, 1, 0].map((attempt) => instance("a", attempt === 3 ? { attempt } : { attempt, exit: 1 }))
  const { containers: dead, sandboxes } = garbageOf({
    sandboxes: [sandbox("READY", 2), sandbox("NOTREADY", 1), sandbox("NOTREADY", 0)],
    containers,
  })
  assert.deepEqual(
    dead.map(({ metadata }) => metadata.attempt),
    [1, 0],
  )
  // Every instance of this test belongs to sandbox 0.
  assert.deepEqual(
    sandboxes.map(({ metadata }) => metadata.attempt),
    [1],
  )
})

const settings = defaultSettings.images
const disk = (usedPercent: number) => ({ capacityBytes: 1000, availableBytes: 1000 - usedPercent * 10 }) as never

test("images are removed from 85 down to 80 percent, least recently used first", () => {
  assert.equal(bytesToFree(disk(84), settings), 0)
  assert.equal(bytesToFree(disk(90), settings), 100)
  const image = (id: string) => ({ id, sizeBytes: 80 }) as NodeImage
  const images = [...["used", "new", "old", "older"].map(image), { ...image("runtime's"), pinned: true }]
  const uses = new Map([
    ["used", { firstSeenMs: 0, lastUsedMs: 0 }],
    ["runtime's", { firstSeenMs: 0, lastUsedMs: 0 }],
    ["new", { firstSeenMs: 950_000, lastUsedMs: 0 }],
    ["old", { firstSeenMs: 0, lastUsedMs: 500 }],
    ["older", { firstSeenMs: 0, lastUsedMs: 400 }],
  ])
  const going = imagesToRemove(images, { used: new Set(["used"]), uses, nowMs: 1_000_000, bytes: 100, settings })
  assert.deepEqual(
    going.map(({ id }) => id),
    ["older", "old"],
  )
  const idle = { ...settings, ageMostMs: 999_550 }
  const old = imagesToRemove(images, { used: new Set(["used"]), uses, nowMs: 1_000_000, bytes: 0, settings: idle })
  assert.deepEqual(
    old.map(({ id }) => id),
    ["older"],
  )
})

test("a log that has grown is moved aside; older ones are compressed, the oldest removed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gantry-logs-"))
  const path = join(folder, "0.log")
  try {
    for (let round = 0; round < 7; round++) {
      writeFileSync(path, `round ${round}\n`)
      truncateSync(path, defaultSettings.logs.bytesMax)
      await rotateLog(path, Date.UTC(2026, 0, 2, 3, 4, round), defaultSettings.logs, async () =>
        appendFileSync(path, ""),
      )
    }
    await rotateLog(path, 0, defaultSettings.logs, () => Promise.reject(new Error("nothing to rotate")))
    assert.deepEqual(readdirSync(folder).sort(), [
      "0.log",
      "0.log.20260102-030403.gz",
      "0.log.20260102-030404.gz",
      "0.log.20260102-030405.gz",
      "0.log.20260102-030406",
    ])
    const oldest = gunzipSync(readFileSync(join(folder, "0.log.20260102-030403.gz")))
    assert.equal(oldest.subarray(0, 8).toString(), "round 3\n")
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
