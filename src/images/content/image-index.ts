import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from "node:fs"
import { join } from "node:path"
import type { Clock } from "../../platform/clock.ts"
import { withFileLock } from "./file-lock.ts"
import { type Descriptor, MediaType } from "./oci.ts"

/** containerd's annotation for the full name of an image in an index; docker and ctr read it too. */
export const NAME_ANNOTATION = "io.containerd.image.name"
/** OCI's own annotation, which holds the tag. */
export const TAG_ANNOTATION = "org.opencontainers.image.ref.name"

/** A name and the manifest or index it stands for. */
export interface NamedDescriptor {
  readonly name: string
  readonly target: Descriptor
}

/**
 * The names of images: `index.json` of the OCI layout. Replaced as a whole by a rename, under a lock between processes;
 * read without one.
 */
export class ImageIndex {
  readonly #dir: string
  readonly #path: string
  readonly #clock: Pick<Clock, "sleep">
  #cached: { readonly stamp: string; readonly entries: ReadonlyMap<string, Descriptor> } | null = null

  constructor(dir: string, clock: Pick<Clock, "sleep">) {
    this.#dir = dir
    this.#path = join(dir, "index.json")
    this.#clock = clock
  }

  /** Every name, as it is on disk now. */
  entries(): ReadonlyMap<string, Descriptor> {
    const stat = statSync(this.#path, { throwIfNoEntry: false, bigint: true })
    if (!stat) return new Map()
    const stamp = `${stat.ino} ${stat.mtimeNs} ${stat.size}`
    if (this.#cached?.stamp === stamp) return this.#cached.entries
    const entries = parse(readFileSync(this.#path, "utf8"), this.#path)
    this.#cached = { stamp, entries }
    return entries
  }

  /** Changes names. `change` gets a copy, and may be called again never: it runs once, under the lock. */
  async update<T>(change: (entries: Map<string, Descriptor>) => T, signal?: AbortSignal): Promise<T> {
    return withFileLock(join(this.#dir, "locks", "index"), "exclusive", this.#clock, signal, () => {
      const entries = new Map(this.entries())
      const result = change(entries)
      this.#write(entries)
      return result
    })
  }

  #write(entries: ReadonlyMap<string, Descriptor>): void {
    const manifests = [...entries]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, target]) => encode(name, target))
    const temporary = `${this.#path}.new`
    const fd = openSync(temporary, "w", 0o644)
    try {
      writeSync(fd, `${JSON.stringify({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests }, null, 1)}\n`)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(temporary, this.#path)
  }
}

/** A descriptor as it stands in an index, with its name in the annotations that other tools read. */
export function encode(name: string, target: Descriptor): Descriptor {
  const tag = name.includes("@") ? undefined : name.slice(name.lastIndexOf(":") + 1)
  return {
    mediaType: target.mediaType,
    digest: target.digest,
    size: target.size,
    ...(target.platform ? { platform: target.platform } : {}),
    annotations: { [NAME_ANNOTATION]: name, ...(tag ? { [TAG_ANNOTATION]: tag } : {}) },
  }
}

function parse(text: string, path: string): Map<string, Descriptor> {
  let json: { manifests?: readonly Descriptor[] }
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new Error(`${path} is damaged (not JSON); delete it to start with no image names`, { cause })
  }
  const entries = new Map<string, Descriptor>()
  for (const item of json.manifests ?? []) {
    const name = item.annotations?.[NAME_ANNOTATION]
    if (name === undefined) continue
    const { mediaType, digest, size, platform } = item
    entries.set(name, { mediaType, digest, size, ...(platform ? { platform } : {}) })
  }
  return entries
}
