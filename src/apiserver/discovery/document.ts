import { createHash } from "node:crypto"
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import type { ApiCall, ApiResult } from "../call.ts"
import { wantsGzip } from "../transport/answer.ts"

/** Bytes that change seldom: made on first use and kept, with a fingerprint by which clients keep them too. */
export class Document {
  readonly contentType: string
  readonly #make: () => unknown
  #bytes: Uint8Array | undefined
  #etag: string | undefined
  #small: Promise<Uint8Array> | undefined

  /** `make` gives the JSON value, or bytes that are complete. */
  constructor(make: () => unknown, contentType = "application/json") {
    this.#make = make
    this.contentType = contentType
  }

  get bytes(): Uint8Array {
    return (this.#bytes ??= toBytes(this.#make()))
  }
  /** Whether bytes and fingerprint are there already. */
  get isMade(): boolean {
    return this.#etag !== undefined
  }

  /** SHA-512 of the bytes, as Kubernetes writes it. */
  get hash(): string {
    return (this.#etag ??= createHash("sha512").update(this.bytes).digest("hex").toUpperCase())
  }

  /** Makes bytes and fingerprint now. */
  prepare(): void {
    this.#etag = this.hash
  }

  /** The answer to a GET or HEAD: the bytes, or "not modified". */
  async answer(call: ApiCall, headers: Readonly<Record<string, string>> = {}): Promise<ApiResult> {
    const etag = `"${this.hash}"`
    const exchange = call.connection?.exchange
    const common = { etag, vary: "Accept, Accept-Encoding", ...headers }
    if (exchange?.headers["if-none-match"] === etag) {
      return { type: "raw", code: 304, headers: common, body: new Uint8Array(0) }
    }
    const own = { ...common, "content-type": this.contentType }
    if (exchange !== undefined && this.bytes.length >= GZIP_BYTES_MIN && wantsGzip(exchange)) {
      this.#small ??= gzipped(this.bytes)
      return { type: "raw", code: 200, headers: { ...own, "content-encoding": "gzip" }, body: await this.#small }
    }
    return { type: "raw", code: 200, headers: own, body: this.bytes }
  }
}

function toBytes(made: unknown): Uint8Array {
  return made instanceof Uint8Array ? made : Buffer.from(JSON.stringify(made))
}

// As in Kubernetes: compressing less costs more than it saves.
const GZIP_BYTES_MIN = 128 << 10
const gzipped = promisify(gzip)
