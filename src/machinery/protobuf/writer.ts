/**
 * Writes protobuf from the end to the beginning: when a nested message is complete its length is known, so nothing is
 * measured first and nothing is moved. One writer serves many messages after each other.
 * https://protobuf.dev/programming-guides/encoding/
 */
export class Writer {
  #buffer: Buffer
  /** First byte written. */
  #at: number

  constructor(capacity = 16 * 1024) {
    this.#buffer = Buffer.allocUnsafeSlow(capacity)
    this.#at = capacity
  }

  /** Bytes from here to a position that `mark` returned earlier. */
  lengthSince(mark: number): number {
    return mark - (this.#at - this.#buffer.length)
  }

  /** The position, counted from the end, so that growth does not change it. */
  mark(): number {
    return this.#at - this.#buffer.length
  }

  /** A copy of all that was written; the writer is empty afterwards. */
  take(): Uint8Array {
    const bytes = new Uint8Array(this.#buffer.length - this.#at)
    bytes.set(this.#buffer.subarray(this.#at))
    this.#at = this.#buffer.length
    return bytes
  }

  /** Forgets what was written, after an error. */
  reset(): void {
    this.#at = this.#buffer.length
  }

  varint(value: number): void {
    this.#need(10)
    let rest = value
    let size = 1
    while (rest >= 0x80) {
      rest = Math.floor(rest / 128)
      size++
    }
    let at = this.#at - size
    this.#at = at
    rest = value
    while (rest >= 0x80) {
      this.#buffer[at++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    this.#buffer[at] = rest
  }

  /** A signed integer as proto's `int32` and `int64` have it: negative ones take ten bytes. */
  integer(value: number): void {
    if (value >= 0) this.varint(value)
    else this.bigint(BigInt(value))
  }

  bigint(value: bigint): void {
    this.#need(10)
    const bytes: number[] = []
    let rest = BigInt.asUintN(64, value)
    while (rest >= 0x80n) {
      bytes.push(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    bytes.push(Number(rest))
    this.#at -= bytes.length
    this.#buffer.set(bytes, this.#at)
  }

  byte(value: number): void {
    this.#need(1)
    this.#buffer[--this.#at] = value
  }

  double(value: number): void {
    this.#need(8)
    this.#at -= 8
    this.#buffer.writeDoubleLE(value, this.#at)
  }

  /** The bytes alone, without length. */
  bytes(bytes: Uint8Array): void {
    this.#need(bytes.length)
    this.#at -= bytes.length
    this.#buffer.set(bytes, this.#at)
  }

  /** Length and UTF-8 bytes. */
  text(text: string): void {
    const size = text.length < SHORT ? this.#shortText(text) : this.#longText(text)
    this.varint(size)
  }

  #shortText(text: string): number {
    const { length } = text
    this.#need(length)
    const start = this.#at - length
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) return this.#longText(text)
      this.#buffer[start + i] = code
    }
    this.#at = start
    return length
  }

  #longText(text: string): number {
    const size = Buffer.byteLength(text)
    this.#need(size)
    this.#at -= size
    this.#buffer.write(text, this.#at, size, "utf8")
    return size
  }

  #need(size: number): void {
    if (this.#at >= size) return
    const used = this.#buffer.length - this.#at
    let capacity = this.#buffer.length * 2
    while (capacity < used + size) capacity *= 2
    const larger = Buffer.allocUnsafeSlow(capacity)
    this.#buffer.copy(larger, capacity - used, this.#at)
    this.#buffer = larger
    this.#at = capacity - used
  }
}

/** Characters up to which a loop beats a call into the engine. */
const SHORT = 48
