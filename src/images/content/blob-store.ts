import { createHash, type Hash } from "node:crypto"
import {
  closeSync,
  createReadStream,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from "node:fs"
import { join } from "node:path"
import type { Clock } from "../../platform/clock.ts"
import type { Random } from "../../platform/random.ts"
import { ImageError } from "../images.ts"
import { digestOf, hexOf } from "./digest.ts"
import { encodeJson } from "./oci.ts"

/** What a blob must turn out to be. */
export interface Expected {
  readonly digest?: string
  readonly size?: number
}

/**
 * Content-addressed files in the OCI layout: `blobs/sha256/<hex>`. A blob appears under its name only when it is
 * complete and verified, so any number of processes may write and read at the same time.
 * https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export class BlobStore {
  readonly dir: string
  readonly #blobs: string
  readonly #ingest: string
  readonly #random: Pick<Random, "bytes">
  readonly #clock: Pick<Clock, "nowMs">

  constructor(dir: string, platform: { readonly random: Pick<Random, "bytes">; readonly clock: Pick<Clock, "nowMs"> }) {
    this.dir = dir
    this.#blobs = join(dir, "blobs", "sha256")
    this.#ingest = join(dir, "ingest")
    this.#random = platform.random
    this.#clock = platform.clock
    mkdirSync(this.#blobs, { recursive: true })
    mkdirSync(this.#ingest, { recursive: true })
  }

  path(digest: string): string {
    return join(this.#blobs, hexOf(digest))
  }

  /** The blob's size in bytes, or null when it is not here. */
  size(digest: string): number | null {
    return statSync(this.path(digest), { throwIfNoEntry: false })?.size ?? null
  }

  /** Whether the blob is here in full length. One that lost its end (a power cut) counts as absent. */
  has(digest: string, size: number): boolean {
    return this.size(digest) === size
  }

  /** Reads a small blob. Throws `ImageError` NotFound. */
  read(digest: string): Buffer {
    try {
      return readFileSync(this.path(digest))
    } catch (cause) {
      throw new ImageError("NotFound", `blob ${digest} is not in the image store ${this.dir}`, { cause })
    }
  }

  /** Streams a blob. */
  stream(digest: string, range?: { readonly start: number }): AsyncIterable<Uint8Array> {
    return createReadStream(this.path(digest), { highWaterMark: 1 << 20, ...range })
  }

  /** Stores small content and returns its digest. */
  put(bytes: Uint8Array): { readonly digest: string; readonly size: number } {
    const digest = digestOf(bytes)
    if (this.has(digest, bytes.length)) {
      this.touch(digest)
      return { digest, size: bytes.length }
    }
    const writer = this.writer()
    writer.write(bytes)
    return writer.commit({ digest })
  }

  /** Stores a JSON value and returns its digest. */
  putJson(value: unknown): { readonly digest: string; readonly size: number } {
    return this.put(encodeJson(value))
  }

  /** Begins a blob. The caller ends it with `commit` or `abort`. */
  writer(): BlobWriter {
    const name = Buffer.from(this.#random.bytes(12)).toString("hex")
    return new BlobWriter(join(this.#ingest, name), (digest) => this.path(digest))
  }

  /** Tells garbage collection that the blob was wanted just now. */
  touch(digest: string): void {
    const seconds = this.#clock.nowMs() / 1000
    try {
      utimesSync(this.path(digest), seconds, seconds)
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }

  /** Every blob with its size in bytes and the time of its last use. */
  entries(): { readonly digest: string; readonly size: number; readonly mtimeMs: number }[] {
    return listFiles(this.#blobs).map((file) => ({
      digest: `sha256:${file.name}`,
      size: file.size,
      mtimeMs: file.mtimeMs,
    }))
  }

  /** Temporary files of blobs being written, or left by a process that was killed. */
  ingests(): { readonly path: string; readonly size: number; readonly mtimeMs: number }[] {
    return listFiles(this.#ingest).map((file) => ({ ...file, path: join(this.#ingest, file.name) }))
  }

  delete(digest: string): void {
    rmSync(this.path(digest), { force: true })
  }
}

function listFiles(dir: string): { name: string; size: number; mtimeMs: number }[] {
  return readdirSync(dir).flatMap((name) => {
    const stat = statSync(join(dir, name), { throwIfNoEntry: false })
    return stat ? [{ name, size: stat.size, mtimeMs: stat.mtimeMs }] : []
  })
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT"
}

/** A blob being written. Keeps what it has, so a download can go on where its connection broke. */
export class BlobWriter {
  readonly #path: string
  readonly #target: (digest: string) => string
  readonly #hash: Hash = createHash("sha256")
  #fd: number | null
  #size = 0

  constructor(path: string, target: (digest: string) => string) {
    this.#path = path
    this.#target = target
    this.#fd = openSync(path, "wx", 0o644)
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size
  }

  /** Appends; the bytes are in the page cache when this returns. */
  write(bytes: Uint8Array): void {
    if (this.#fd === null) throw new Error("the blob was already committed or aborted")
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done)
    this.#hash.update(bytes)
    this.#size += bytes.length
  }

  /** Verifies and publishes the blob. Throws `ImageError` DigestMismatch, and deletes what was written, when it differs. */
  commit(
    expected: Expected,
    options?: { readonly durable?: boolean },
  ): { readonly digest: string; readonly size: number } {
    if (this.#fd === null) throw new Error("the blob was already committed or aborted")
    const digest = `sha256:${this.#hash.digest("hex")}`
    const wanted = expected.digest ?? digest
    if (wanted !== digest || (expected.size ?? this.#size) !== this.#size) {
      this.abort()
      const found = `${digest} of ${this.#size} bytes`
      throw new ImageError(
        "DigestMismatch",
        `content has digest ${found}, expected ${wanted} of ${expected.size ?? "any"} bytes`,
      )
    }
    if (options?.durable ?? true) fdatasyncSync(this.#fd)
    closeSync(this.#fd)
    this.#fd = null
    renameSync(this.#path, this.#target(digest))
    return { digest, size: this.#size }
  }

  /** Forgets what was written. Does nothing after `commit`. */
  abort(): void {
    if (this.#fd === null) return
    closeSync(this.#fd)
    this.#fd = null
    rmSync(this.#path, { force: true })
  }
}
