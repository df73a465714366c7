import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import type { MountedVolume } from "./plugin.ts"
import { openMountRecords } from "./records.ts"

const mounted = (podUid: string): MountedVolume => ({
  podUid,
  volume: "data",
  specName: "pv-1",
  plugin: "kubernetes.io/local-volume",
  uniqueName: "kubernetes.io/local-volume/pv-1",
  readOnly: false,
  block: false,
  hostPath: "/here",
})

test("what is mounted is known to the next agent, and a file that was cut short keeps it from nothing else", () => {
  const folder = mkdtempSync(join(tmpdir(), "gantry-records-"))
  try {
    const records = openMountRecords(folder)
    for (const uid of ["a", "b"]) records.put(mounted(uid))
    assert.deepEqual(openMountRecords(folder).all(), [mounted("a"), mounted("b")])
    writeFileSync(join(folder, "a", "mounted-volumes.json"), "")
    assert.deepEqual(openMountRecords(folder).all(), [mounted("b")])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
