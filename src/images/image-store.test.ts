import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Readable } from "node:stream"
import { buffer } from "node:stream/consumers"
import { test } from "node:test"
import { pack } from "tar-stream"
import { createNodePlatform } from "../platform/node/platform.ts"
import { createImageStore } from "./image-store.ts"

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex")

/** As `docker save` makes them, of an image with one file. */
async function archive(name: string | string[], content: string): Promise<Buffer> {
  const files = pack()
  files.entry({ name: "file" }, content)
  files.finalize()
  const layer = await buffer(files)
  const rootfs = { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] }
  const architecture = process.arch === "arm64" ? "arm64" : "amd64"
  const config = Buffer.from(JSON.stringify({ architecture, os: "linux", config: {}, rootfs }))
  const whole = pack()
  whole.entry({ name: "layer.tar" }, layer)
  whole.entry({ name: "config.json" }, config)
  const manifest = [{ Config: "config.json", RepoTags: [name].flat(), Layers: ["layer.tar"] }]
  whole.entry({ name: "manifest.json" }, JSON.stringify(manifest))
  whole.finalize()
  return buffer(whole)
}

test("an image is found by name, id and beginning of its id, and by id as long as a container holds it", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "gantry-images-"))
  t.after(() => rmSync(dir, { recursive: true }))
  const store = createImageStore({ dir, platform: createNodePlatform({ logLevel: "error" }) })
  for (const name of ["one:1", "two:1"]) await store.load(Readable.from([await archive(name, name)]))
  await store.tag("one:1", "alias:1")
  const id = (await store.resolve("one:1")) ?? ""
  const tags = ["docker.io/library/alias:1", "docker.io/library/one:1"]
  for (const ref of ["one:1", id, id.slice(7), id.slice(7, 27)]) {
    const status = await store.status(ref)
    assert.deepEqual([status?.id, status?.repoTags.toSorted()], [id, tags], ref)
  }
  await store.prepareRootfs(id, { pin: "container" })
  await store.remove("one:1")
  await store.remove("alias:1")
  for (const ref of [id, id.slice(7), id.slice(7, 27)]) {
    const status = await store.status(ref)
    assert.deepEqual([status?.id, status?.repoTags], [id, []], ref)
  }
  await store.unpin("container")
  assert.equal(await store.status(id), null)
  assert.notEqual(await store.status("two:1"), null)
})

test("an archive's image has every name in it, and loading tells those", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "gantry-images-"))
  t.after(() => rmSync(dir, { recursive: true }))
  const store = createImageStore({ dir, platform: createNodePlatform({ logLevel: "error" }) })
  const load = async (...names: string[]) => {
    const [image] = await store.load(Readable.from([await archive(names, "same")]))
    return image?.repoTags
  }
  const tags = ["a:1", "b:2", "c:3"].map((tag) => `docker.io/library/${tag}`)
  assert.deepEqual(await load("a:1", "b:2"), tags.slice(0, 2))
  assert.deepEqual(await load("c:3"), tags.slice(2))
  assert.deepEqual((await store.status("a:1"))?.repoTags.toSorted(), tags)
})
