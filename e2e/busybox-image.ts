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
  /** What it runs unless told otherwise. Default: a shell. */
  readonly command?: readonly string[]
  /** Shell scripts by their names in /bin, besides its programs. */
  readonly scripts?: Readonly<Record<string, string>>
}

/** Writes an archive as `docker save` makes them, for `gantry load`. */
export async function writeBusyboxArchive(file: string, image: BusyboxImage = {}): Promise<void> {
  const layer = await busyboxLayer(image)
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === "arm64" ? "arm64" : "amd64",
      os: "linux",
      config: { Env: ["PATH=/bin"], Cmd: image.command ?? ["sh"], User: image.user ?? "" },
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

/** The same image whenever it is made. */
const mtime = new Date(0)

const USERS = [
  "root:x:0:0:root:/:/bin/sh",
  "web:x:1000:1000:web:/:/bin/sh",
  "www-data:x:33:33::/:/bin/sh",
  "nobody:x:65534:65534::/:/bin/sh",
]
const GROUPS = ["root:x:0:", "web:x:1000:", "www-data:x:33:", "users:x:100:", "team:x:50000:web", "nogroup:x:65534:"]

async function busyboxLayer({ about = "busybox", scripts = {} }: BusyboxImage): Promise<Buffer> {
  const programs = (await succeed("busybox", ["--list"])).trim().split("\n")
  const layer = pack()
  for (const folder of ["bin", "etc", "tmp", "www"])
    layer.entry({ mtime, name: folder, type: "directory", mode: 0o755 })
  layer.entry({ mtime, name: "bin/busybox", mode: 0o755 }, readFileSync(await busyboxPath()))
  for (const program of programs) addLink(layer, program)
  for (const [name, script] of Object.entries(scripts)) {
    layer.entry({ mtime, name: `bin/${name}`, mode: 0o755 }, `#!/bin/sh\n${script}\n`)
  }
  layer.entry({ mtime, name: "etc/passwd" }, `${USERS.join("\n")}\n`)
  layer.entry({ mtime, name: "etc/group" }, `${GROUPS.join("\n")}\n`)
  layer.entry({ mtime, name: "etc/about" }, about)
  layer.entry({ mtime, name: "www/index.html" }, "it works\n")
  layer.finalize()
  return buffer(layer)
}

function addLink(layer: Pack, program: string): void {
  if (program === "busybox") return
  layer.entry({ mtime, name: `bin/${program}`, type: "symlink", linkname: "busybox" })
}

const busyboxPath = async (): Promise<string> => (await succeed("sh", ["-c", "command -v busybox"])).trim()

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex")
