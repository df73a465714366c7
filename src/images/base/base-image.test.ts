import assert from "node:assert/strict"
import { existsSync, lstatSync, readFileSync, readlinkSync, statSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { withBuilds } from "../builder/testing/build-fixture.ts"
import { isBaseName, makeBaseImage } from "./base-image.ts"
import { programInterpreter, sharedLibraries } from "./shared-libraries.ts"

const platform = createNodePlatform()
const hasBusybox = existsSync("/usr/bin/busybox") || existsSync("/bin/busybox")
const options = { skip: process.getuid?.() === 0 && hasBusybox ? false : "needs root and busybox-static" }

test("only names below gantry/ mean this machine", () => {
  const answers = ["gantry/node", "docker.io/gantry/busybox:latest", "node", "example.com/gantry/node"].map(isBaseName)
  assert.deepEqual(answers, [true, true, false, false])
})

test("the linker of a program and everything it loads", async () => {
  const libraries = await sharedLibraries(process.execPath, platform)
  assert.equal(libraries[0], programInterpreter(process.execPath))
  assert.ok(libraries.some((path) => /\/libc\.so/.test(path)))
  for (const path of libraries) assert.ok(statSync(path).isFile())
  assert.throws(() => programInterpreter(import.meta.filename), /is not a 64-bit/)
})

test("the busybox image has a shell, users and a writable /tmp", options, () =>
  withBuilds(async ({ build }) => {
    const { files, config } = await build("FROM gantry/busybox")
    assert.deepEqual(config.config?.Cmd, ["sh"])
    await files((root) => {
      assert.equal(readlinkSync(join(root, "bin")), "usr/bin")
      assert.equal(readlinkSync(join(root, "usr/bin/sh")), "busybox")
      assert.equal(statSync(join(root, "usr/bin/busybox")).mode & 0o7777, 0o755)
      assert.equal(lstatSync(join(root, "tmp")).mode & 0o7777, 0o1777)
      assert.match(readFileSync(join(root, "etc/passwd"), "utf8"), /^nobody:x:65534:/m)
    })
  }),
)

test("made once, always the same, and anew when the machine's program changes", options, async () => {
  const ids: (string | null)[] = []
  for (let time = 0; time < 2; time++) {
    await withBuilds(async ({ store }) => {
      await makeBaseImage("gantry/node", { store, platform })
      ids.push(await store.resolve("gantry/node"))
      const before = store.blobs.entries().length
      await makeBaseImage("gantry/node", { store, platform })
      assert.equal(store.blobs.entries().length, before)
      assert.ok(await store.resolve("gantry/busybox"))
      await store.tag("gantry/busybox", "gantry/node")
      await makeBaseImage("gantry/node", { store, platform })
      ids.push(await store.resolve("gantry/node"))
    })
  }
  assert.notEqual(ids[0], null)
  assert.deepEqual(new Set(ids).size, 1)
})
