import { Duplex } from "node:stream"
import { dataHead, FIN } from "./frames.ts"
import type { SpdyHeaders } from "./headers.ts"

/** What may wait in memory for a reader before the whole connection waits for it. SPDY's windows are used by nobody. */
const READ_BUFFER_BYTES = 1024 * 1024
/** A frame's length has 24 bits; shorter frames let streams take turns. */
const FRAME_BYTES_MAX = 64 * 1024

/** How a stream reaches its connection. */
export interface StreamTransport {
  /** `done` is called when the bytes were handed to the network. */
  write(bytes: readonly Buffer[], done: (error?: Error | null) => void): void
  /** Called once, when neither side sends any more or the stream was destroyed. `ended`: each side said so. */
  closed(stream: SpdyStream, ended: boolean): void
}

/** One stream of a connection. Ending it closes our half; destroying it resets it. */
export class SpdyStream extends Duplex {
  readonly id: number
  readonly headers: SpdyHeaders
  readonly #transport: StreamTransport
  #peerEnded = false
  #weEnded = false
  #wanted: (() => void) | undefined

  constructor(id: number, headers: SpdyHeaders, transport: StreamTransport) {
    super({ readableHighWaterMark: READ_BUFFER_BYTES, allowHalfOpen: true, emitClose: true })
    this.id = id
    this.headers = headers
    this.#transport = transport
    // Whoever pipes the stream sees the error there; nobody else needs to listen.
    this.on("error", () => undefined)
  }

  /** Bytes from the peer. Resolves when more may come. */
  async receive(bytes: Buffer): Promise<void> {
    if (this.destroyed || this.#peerEnded || this.push(bytes)) return
    await new Promise<void>((resolve) => {
      this.#wanted = resolve
    })
  }

  /** The peer has closed its half. */
  receiveEnd(): void {
    if (this.destroyed || this.#peerEnded) return
    this.#peerEnded = true
    this.push(null)
  }

  override _read(): void {
    this.#wanted?.()
    this.#wanted = undefined
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    const parts: Buffer[] = []
    for (let at = 0; at < chunk.length; at += FRAME_BYTES_MAX) {
      const part = chunk.subarray(at, at + FRAME_BYTES_MAX)
      parts.push(dataHead(this.id, 0, part.length), part)
    }
    this.#transport.write(parts, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#weEnded = true
    this.#transport.write([dataHead(this.id, FIN, 0)], done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this._read()
    this.#transport.closed(this, this.#peerEnded && this.#weEnded)
    done(error)
  }
}
