import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { createNodePlatform } from "../../../platform/node/platform.ts"
import type { ConfigBlob } from "../../content/oci.ts"
import { createImageStore, type DiskImageStore } from "../../image-store.ts"
import { type BuildOptions, buildImage } from "../build-image.ts"
import { withMountedLayers } from "../layer-work.ts"
import type { RunStep } from "../run-step.ts"
import type { BuildEvent } from "../stage-context.ts"

/** A store and a build context in a temporary folder. */
export interface BuildFixture {
  readonly dir: string
  readonly store: DiskImageStore
  /** Writes a file of the build context. */
  put(path: string, content: string | Uint8Array, mode?: number): void
  /** Builds a Dockerfile given as text. */
  build(dockerfile: string, options?: Partial<BuildOptions>): Promise<BuiltImage>
}

export interface BuiltImage {
  readonly id: string
  readonly config: ConfigBlob
  readonly events: readonly BuildEvent[]
  /** The texts of the instructions that were found in the cache. */
  readonly cached: readonly string[]
  /** What the programs of RUN printed. */
  readonly output: string
  readonly diffIds: readonly string[]
  /** Looks into the image's files. */
  files<T>(look: (root: string) => T): Promise<T>
}

/** For builds without RUN. */
export const noRun: RunStep = {
  run: () => Promise.reject(new Error("this build has no RUN")),
}

export async function withBuilds(work: (fixture: BuildFixture) => Promise<void>, run: RunStep = noRun): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), `gantry-build-${process.pid}-`))
  const platform = createNodePlatform()
  const store = createImageStore({ dir: join(dir, "store"), platform })
  const context = join(dir, "context")
  mkdirSync(context)
  const put: BuildFixture["put"] = (path, content, mode = 0o644) => {
    mkdirSync(dirname(join(context, path)), { recursive: true })
    writeFileSync(join(context, path), content, { mode })
  }
  const build: BuildFixture["build"] = async (text, options = {}) => {
    const dockerfile = join(dir, "Dockerfile")
    writeFileSync(dockerfile, text)
    const events: BuildEvent[] = []
    const common = { store, platform, context, dockerfile, tags: ["test"], buildArgs: new Map(), noCache: false, run }
    const onProgress = (event: BuildEvent) => void events.push(event)
    const { id } = await buildImage({ ...common, onProgress, ...options })
    return describe(store, id, events)
  }
  try {
    await work({ dir, store, put, build })
  } finally {
    store.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

function describe(store: DiskImageStore, id: string, events: readonly BuildEvent[]): BuiltImage {
  const image = store.catalog.find(id)
  if (image === null) throw new Error(`the built image ${id} is not in the store`)
  const output = events.flatMap((event) => (event.kind === "output" ? [Buffer.from(event.bytes)] : []))
  return {
    id,
    config: image.config,
    events,
    cached: events.flatMap((event) => (event.kind === "cached" ? [event.text] : [])),
    output: Buffer.concat(output).toString("utf8"),
    diffIds: image.config.rootfs.diff_ids,
    files: async (look) => {
      const lowers = await store.unpack(image)
      return withMountedLayers(store, lowers, async (root) => look(root))
    },
  }
}

/** Everything in a folder, one line each: `path mode uid:gid content-or-target`. */
export function listing(root: string, path = ""): string[] {
  return readdirSync(join(root, path))
    .sort()
    .flatMap((name) => {
      const child = join(path, name)
      const stat = lstatSync(join(root, child))
      const what = stat.isDirectory()
        ? ""
        : stat.isFile()
          ? readFileSync(join(root, child), "utf8").trim()
          : "(special)"
      const line = `${child} ${(stat.mode & 0o7777).toString(8)} ${stat.uid}:${stat.gid} ${what}`.trim()
      return stat.isDirectory() ? [line, ...listing(root, child)] : [line]
    })
}
