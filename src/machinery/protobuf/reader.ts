/** The bytes are no protobuf, or not of the expected message. */
export class ProtobufError extends Error {
  constructor(message: string) {
    super(message)
    this.name = "ProtobufError"
  }
}

export const WIRE_VARINT = 0
export const WIRE_FIXED64 = 1
export const WIRE_BYTES = 2
export const WIRE_FIXED32 = 5
const WIRE_GROUP = 3
const WIRE_GROUP_END = 4

/** Messages nested deeper than this serve only to exhaust the stack. */
const DEPTH_MAX = 200

/** Reads protobuf. Every read is checked against the end of the innermost message. */
export class Reader {
  readonly #buffer: Buffer
  at: number
  /** End of the innermost message. */
  end: number
  #depth = 0

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = 0
    this.end = bytes.byteLength
  }

  /** Lengths, tags and non-negative numbers up to 2^53. */
  varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 10; i++) {
      if (this.at >= this.end) throw truncated()
      const byte = this.#buffer[this.at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
    throw new ProtobufError("proto: integer overflow")
  }

  /** A 64-bit integer, two's complement. */
  bigint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.at >= this.end) throw truncated()
      const byte = this.#buffer[this.at++] ?? 0
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asIntN(64, value)
    }
    throw new ProtobufError("proto: integer overflow")
  }

  int32(): number {
    const start = this.at
    const value = this.varint()
    if (value <= 0x7fffffff) return value
    this.at = start
    return Number(BigInt.asIntN(32, this.bigint()))
  }

  double(): number {
    if (this.at + 8 > this.end) throw truncated()
    const value = this.#buffer.readDoubleLE(this.at)
    this.at += 8
    return value
  }

  text(): string {
    const stop = this.#span()
    const start = this.at
    this.at = stop
    if (stop - start > SHORT) return this.#longText(start, stop)
    let text = ""
    for (let i = start; i < stop; i++) {
      const code = this.#buffer[i] ?? 0
      if (code > 0x7f) return this.#longText(start, stop)
      text += String.fromCharCode(code)
    }
    return text
  }

  #longText(start: number, stop: number): string {
    return this.#buffer.toString("utf8", start, stop)
  }

  /** A view of the bytes, not a copy. */
  bytes(): Buffer {
    const stop = this.#span()
    const view = this.#buffer.subarray(this.at, stop)
    this.at = stop
    return view
  }

  /** Enters a nested message; returns what `leave` takes. */
  enter(): number {
    const stop = this.#span()
    if (++this.#depth > DEPTH_MAX)
      throw new ProtobufError(`proto: message is nested more than ${DEPTH_MAX} levels deep`)
    const outer = this.end
    this.end = stop
    return outer
  }

  leave(outer: number): void {
    this.#depth--
    this.at = this.end
    this.end = outer
  }

  /** Skips the value of a field that is not known. */
  skip(wireType: number): void {
    switch (wireType) {
      case WIRE_VARINT:
        this.bigint()
        return
      case WIRE_FIXED64:
        this.at += 8
        break
      case WIRE_FIXED32:
        this.at += 4
        break
      case WIRE_BYTES:
        this.at = this.#span()
        return
      case WIRE_GROUP:
        this.#skipGroup()
        return
      default:
        throw new ProtobufError(`proto: illegal wireType ${wireType}`)
    }
    if (this.at > this.end) throw truncated()
  }

  #skipGroup(): void {
    for (let depth = 1; depth > 0; ) {
      const wireType = this.varint() % 8
      if (wireType === WIRE_GROUP) depth++
      else if (wireType === WIRE_GROUP_END) depth--
      else this.skip(wireType)
    }
  }

  /** Reads a length and returns where its bytes end. */
  #span(): number {
    const stop = this.varint() + this.at
    if (stop > this.end) throw truncated()
    return stop
  }
}

/** Bytes up to which a loop beats a call into the engine. */
const SHORT = 24

function truncated(): ProtobufError {
  return new ProtobufError("unexpected EOF")
}
