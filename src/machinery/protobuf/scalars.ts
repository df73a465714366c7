import { ExactNumber, numberFromBigInt } from "../json/exact-number.ts"
import { canonicalQuantity } from "../quantity/quantity.ts"
import type { ScalarType } from "../schema/schema.ts"
import { formatDuration, parseDuration } from "../time/duration.ts"
import { formatMicroTime, formatTime, parseInstant, ZERO_TIME_SECONDS } from "../time/timestamp.ts"
import { ProtobufError, type Reader, WIRE_BYTES, WIRE_FIXED64, WIRE_VARINT } from "./reader.ts"
import type { Writer } from "./writer.ts"

/** How one scalar type stands on the wire. `write` writes the value, with its length where it has one. */
export interface ScalarCodec {
  readonly wireType: number
  readonly write: (writer: Writer, value: unknown) => void
  readonly read: (reader: Reader) => unknown
}

const text = (value: unknown): string => (typeof value === "string" ? value : "")

function writeInteger(writer: Writer, value: unknown): void {
  if (typeof value === "number") writer.integer(value)
  else writer.bigint(value instanceof ExactNumber ? BigInt(value.text) : 0n)
}

/** Writes `content` backwards and then its length. */
function nested(writer: Writer, content: () => void): void {
  const mark = writer.mark()
  content()
  writer.varint(writer.lengthSince(mark))
}

/** Reads a nested message field by field. */
function readNested(reader: Reader, field: (number: number, wireType: number) => void): void {
  const outer = reader.enter()
  while (reader.at < reader.end) {
    const tag = reader.varint()
    field(Math.floor(tag / 8), tag % 8)
  }
  reader.leave(outer)
}

const TAG_1_BYTES = 0x0a

const bytesCodec: ScalarCodec = {
  wireType: WIRE_BYTES,
  write: (writer, value) => {
    const bytes = Buffer.from(text(value), "base64")
    writer.bytes(bytes)
    writer.varint(bytes.length)
  },
  read: (reader) => reader.bytes().toString("base64"),
}

const quantityCodec: ScalarCodec = {
  wireType: WIRE_BYTES,
  write: (writer, value) =>
    nested(writer, () => {
      writer.text(text(value))
      writer.byte(TAG_1_BYTES)
    }),
  read: (reader) => {
    let amount = "0"
    readNested(reader, (number, wireType) => {
      if (number === 1 && wireType === WIRE_BYTES) amount = canonicalQuantity(reader.text())
      else reader.skip(wireType)
    })
    return amount
  },
}

const intOrStringCodec: ScalarCodec = {
  wireType: WIRE_BYTES,
  write: (writer, value) =>
    nested(writer, () => {
      const isText = typeof value === "string"
      writer.text(isText ? value : "")
      writer.byte(0x1a)
      writer.integer(typeof value === "number" ? value : 0)
      writer.byte(0x10)
      writer.byte(isText ? 1 : 0)
      writer.byte(0x08)
    }),
  read: (reader) => {
    let isText = false
    let number = 0
    let string = ""
    readNested(reader, (field, wireType) => {
      if (field === 1 && wireType === WIRE_VARINT) isText = reader.varint() === 1
      else if (field === 2 && wireType === WIRE_VARINT) number = reader.int32()
      else if (field === 3 && wireType === WIRE_BYTES) string = reader.text()
      else reader.skip(wireType)
    })
    return isText ? string : number
  },
}

function timeCodec(withMicros: boolean): ScalarCodec {
  return {
    wireType: WIRE_BYTES,
    // The zero time is an empty message.
    write: (writer, value) =>
      nested(writer, () => {
        const instant = typeof value === "string" ? parseInstant(value) : undefined
        if (instant === undefined || (instant.seconds === ZERO_TIME_SECONDS && instant.nanos === 0)) return
        writer.integer(withMicros ? instant.nanos : 0)
        writer.byte(0x10)
        writer.integer(instant.seconds)
        writer.byte(0x08)
      }),
    read: (reader) => {
      let seconds: number | undefined
      let nanos = 0
      readNested(reader, (field, wireType) => {
        if (field === 1 && wireType === WIRE_VARINT) seconds = Number(reader.bigint())
        else if (field === 2 && wireType === WIRE_VARINT) nanos = reader.int32()
        else reader.skip(wireType)
      })
      if (seconds === undefined) return null
      return withMicros ? formatMicroTime({ seconds, nanos }) : formatTime(seconds)
    },
  }
}

const durationCodec: ScalarCodec = {
  wireType: WIRE_BYTES,
  write: (writer, value) =>
    nested(writer, () => {
      writer.bigint(parseDuration(text(value)) ?? 0n)
      writer.byte(0x08)
    }),
  read: (reader) => {
    let nanoseconds = 0n
    readNested(reader, (field, wireType) => {
      if (field === 1 && wireType === WIRE_VARINT) nanoseconds = reader.bigint()
      else reader.skip(wireType)
    })
    return formatDuration(nanoseconds)
  },
}

/** Free-form JSON: a message that holds the JSON text. */
const rawCodec: ScalarCodec = {
  wireType: WIRE_BYTES,
  write: (writer, value) =>
    nested(writer, () => {
      if (value === null || value === undefined) return
      writer.text(JSON.stringify(value))
      writer.byte(TAG_1_BYTES)
    }),
  read: (reader) => {
    let value: unknown = null
    readNested(reader, (field, wireType) => {
      if (field === 1 && wireType === WIRE_BYTES) value = parseRaw(reader.text())
      else reader.skip(wireType)
    })
    return value
  },
}

function parseRaw(json: string): unknown {
  try {
    return json === "" ? null : JSON.parse(json)
  } catch {
    throw new ProtobufError("an embedded object is not JSON; only JSON can be embedded")
  }
}

export const SCALAR_CODEC: { readonly [type in ScalarType]: ScalarCodec } = {
  string: {
    wireType: WIRE_BYTES,
    write: (writer, value) => writer.text(text(value)),
    read: (reader) => reader.text(),
  },
  bool: {
    wireType: WIRE_VARINT,
    write: (writer, value) => writer.byte(value === true ? 1 : 0),
    read: (reader) => reader.varint() !== 0,
  },
  int32: { wireType: WIRE_VARINT, write: writeInteger, read: (reader) => reader.int32() },
  int64: { wireType: WIRE_VARINT, write: writeInteger, read: readInt64 },
  double: {
    wireType: WIRE_FIXED64,
    write: (writer, value) => writer.double(typeof value === "number" ? value : 0),
    read: (reader) => reader.double(),
  },
  bytes: bytesCodec,
  quantity: quantityCodec,
  intOrString: intOrStringCodec,
  time: timeCodec(false),
  microTime: timeCodec(true),
  duration: durationCodec,
  rawExtension: rawCodec,
  json: rawCodec,
  fieldsV1: rawCodec,
}

function readInt64(reader: Reader): unknown {
  const start = reader.at
  const value = reader.varint()
  if (Number.isSafeInteger(value)) return value
  reader.at = start
  return numberFromBigInt(reader.bigint())
}
