import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import type { Pod } from "../../api/core/v1/pod.ts"
import { applyFsGroup, commonUser } from "./ownership.ts"

const isRoot = process.getuid?.() === 0
const skip = !isRoot && "changing owners needs root"
const dir = mkdtempSync(join(tmpdir(), "gantry-ownership-"))
after(() => rmSync(dir, { recursive: true }))

function tree(name: string): string {
  const root = join(dir, name)
  mkdirSync(join(root, "sub"), { recursive: true })
  writeFileSync(join(root, "sub", "file"), "", { mode: 0o600 })
  symlinkSync("/etc/hostname", join(root, "link"))
  return root
}

const of = (path: string) => {
  const { gid, mode } = statSync(path)
  return [gid, (mode & 0o7777).toString(8)]
}

test("a group may use all of a volume, and links are not followed", { skip }, () => {
  const before = statSync("/etc/hostname")
  const root = tree("rw")
  applyFsGroup(root, { group: 77, readOnly: false })
  assert.deepEqual(
    [of(root), of(join(root, "sub")), of(join(root, "sub/file"))],
    [
      [77, "2775"],
      [77, "2775"],
      [77, "660"],
    ],
  )
  assert.deepEqual([statSync("/etc/hostname").gid, statSync("/etc/hostname").mode], [before.gid, before.mode])
})

/** Shows now a folder of the volume, now one of the node, under the same name. */
const SWAP = `
const { renameSync, symlinkSync, unlinkSync } = require("node:fs")
const [outside, shown, aside] = process.argv.slice(1)
process.send("begun")
for (;;) {
  renameSync(shown, aside)
  symlinkSync(outside, shown)
  unlinkSync(shown)
  renameSync(aside, shown)
}`

test("what another pod puts in the place of a folder meanwhile leads nowhere", { skip }, async () => {
  const root = tree("swapped")
  const outside = tree("outside")
  const swapper = spawn(process.execPath, ["-e", SWAP, outside, join(root, "sub"), join(root, "aside")], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  })
  try {
    await once(swapper, "message")
    for (let times = 0; times < 3000; times++) applyFsGroup(root, { group: 77, readOnly: false })
  } finally {
    swapper.kill("SIGKILL")
    await once(swapper, "exit")
  }
  assert.deepEqual(
    [of(outside), of(join(outside, "sub/file"))],
    [
      [0, "755"],
      [0, "600"],
    ],
  )
})

test("of a read-only volume a group may only read", { skip }, () => {
  const root = tree("ro")
  applyFsGroup(root, { group: 77, readOnly: true })
  assert.deepEqual(of(join(root, "sub/file")), [77, "640"])
})

test("OnRootMismatch looks at the root only", { skip }, () => {
  const root = tree("policy")
  const ownership = { group: 77, readOnly: false, policy: "OnRootMismatch" } as const
  applyFsGroup(root, ownership)
  chmodSync(join(root, "sub/file"), 0o600)
  applyFsGroup(root, ownership)
  assert.deepEqual(of(join(root, "sub/file")), [77, "600"])
  applyFsGroup(root, { ...ownership, policy: "Always" })
  assert.deepEqual(of(join(root, "sub/file")), [77, "660"])
  chmodSync(join(root, "sub/file"), 0o600)
  chmodSync(root, 0o755)
  applyFsGroup(root, ownership)
  assert.deepEqual(of(join(root, "sub/file")), [77, "660"])
})

test("the user that all containers run as", () => {
  const pod = (pod: number | undefined, ...users: (number | undefined)[]) => {
    const containers = users.map((runAsUser) => ({ securityContext: { runAsUser } }))
    return { spec: { securityContext: { runAsUser: pod }, containers } } as unknown as Pod
  }
  assert.equal(commonUser(pod(undefined, 5, 5)), 5)
  assert.equal(commonUser(pod(5, undefined, 5)), 5)
  assert.equal(commonUser(pod(undefined, 5, 6)), undefined)
  assert.equal(commonUser(pod(undefined, 5, undefined)), undefined)
  assert.equal(commonUser(pod(undefined, undefined)), undefined)
})
