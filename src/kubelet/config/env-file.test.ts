import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { makeNode } from "../../platform/linux/open.ts"
import { podOf } from "../testing/pods.ts"
import { podFolders } from "../volumes/folders.ts"
import { envFileValue } from "./env-file.ts"

const dataDir = mkdtempSync(join(tmpdir(), "gantry-env-files-"))
after(() => rmSync(dataDir, { recursive: true }))
const pod = podOf({ volumes: [{ name: "files", emptyDir: {} }] })
const folder = podFolders(dataDir, pod.metadata.uid).volume("emptyDir", "files")
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, "good"), "A='1'\n")
writeFileSync(join(folder, "huge"), "A='1'\n# ")
truncateSync(join(folder, "huge"), 2 ** 40)
writeFileSync(join(dataDir, "outside"), "A='1'\n")
symlinkSync("../../../../../outside", join(folder, "link"))
// Nobody writes into it: whoever opened it would wait for ever.
makeNode(join(folder, "pipe"), "fifo", 0o666)

for (const { path, wanted } of [
  { path: "good", wanted: "1" },
  { path: "huge", wanted: "1" },
  { path: "link", wanted: /^Error: couldn't parse env file/ },
  { path: "pipe", wanted: /^Error: couldn't parse env file/ },
  { path: ".", wanted: /^Error: couldn't parse env file/ },
]) {
  test(`a variable from the file ${path}`, () => {
    const read = () => envFileValue(pod, dataDir, { key: "A", path, volumeName: "files" })
    if (typeof wanted === "string") assert.equal(read(), wanted)
    else assert.throws(read, wanted)
  })
}
