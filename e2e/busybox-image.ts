import { createHash } from "node:crypto"
import { createWriteStream, readFileSync } from "node:fs"
import { buffer } from "node:stream/consumers"
import { pipeline } from "node:stream/promises"
import { type Pack, pack } from "tar-stream"
import { succeed } from "./command.ts"

/** The image that tests run: this machine's busybox with a link for each of its programs. */
export const BUSYBOX = "gantry.test/busybox:1"

export interface BusyboxImage {
  /** Default: `BUSYBOX`. */
  readonly name?: string
  /** `uid` or `name`, as in a Dockerfile's USER. */
  readonly user?: string
  /** Makes the image another one: content of /etc/about. */
  readonly about?: string
}

/** Writes an archive as `docker save` makes them, for `gantry load`. */
export async function writeBusyboxArchive(file: string, image: BusyboxImage = {}): Promise<void> {
  const layer = await busyboxLayer(image.about ?? "busybox")
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === "arm64" ? "arm64" : "amd64",
      os: "linux",
      config: { Env: ["PATH=/bin"], Cmd: ["sh"], User: image.user ?? "" },
      rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
    }),
  )
  const manifest = [{ Config: `${sha256(config)}.json`, RepoTags: [image.name ?? BUSYBOX], Layers: ["layer.tar"] }]
  const archive = pack()
  archive.entry({ name: "layer.tar" }, layer)
  archive.entry({ name: `${sha256(config)}.json` }, config)
  archive.entry({ name: "manifest.json" }, JSON.stringify(manifest))
  archive.finalize()
  await pipeline(archive, createWriteStream(file))
}

async function busyboxLayer(about: string): Promise<Buffer> {
  const programs = (await succeed("busybox", ["--list"])).trim().split("\n")
  const layer = pack()
  for (const folder of ["bin", "etc", "tmp", "www"]) layer.entry({ name: folder, type: "directory", mode: 0o755 })
  layer.entry({ name: "bin/busybox", mode: 0o755 }, readFileSync(await busyboxPath()))
  for (const program of programs) addLink(layer, program)
  layer.entry({ name: "etc/passwd" }, "root:x:0:0:root:/:/bin/sh\nweb:x:1000:1000:web:/:/bin/sh\n")
  layer.entry({ name: "etc/group" }, "root:x:0:\nweb:x:1000:\n")
  layer.entry({ name: "etc/about" }, about)
  layer.entry({ name: "www/index.html" }, "it works\n")
  layer.finalize()
  return buffer(layer)
}

function addLink(layer: Pack, program: string): void {
  if (program === "busybox") return
  layer.entry({ name: `bin/${program}`, type: "symlink", linkname: "busybox" })
}

const busyboxPath = async (): Promise<string> => (await succeed("sh", ["-c", "command -v busybox"])).trim()

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex")
