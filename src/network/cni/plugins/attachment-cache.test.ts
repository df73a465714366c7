import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { openAttachmentCache } from "./attachment-cache.ts"
import type { Attachment } from "./plugin-chain.ts"

const attachment = (result: string): Attachment => ({
  configuration: { cniVersion: "1.1.0", name: "net", disableCheck: false, disableGC: false, plugins: [] },
  parameters: { containerId: "ab12", netns: "/netns", interfaceName: "eth0", args: "" },
  capabilityArgs: {},
  result,
})

test("what a write that broke off has left is no sandbox of its own", () => {
  const dir = mkdtempSync(join(tmpdir(), "gantry-attachments-"))
  try {
    openAttachmentCache(dir).set("ab12", attachment("first"))
    for (const name of ["ab12.new", "ab12.17.tmp"]) writeFileSync(join(dir, name), JSON.stringify(attachment("second")))
    assert.deepEqual([...openAttachmentCache(dir).all()], [["ab12", attachment("first")]])
    assert.deepEqual(readdirSync(dir), ["ab12"])
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
