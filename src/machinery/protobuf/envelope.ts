import type { AnyStruct, Draft, TypeOf } from "../schema/schema.ts"
import { codecOf } from "./codec.ts"
import { ProtobufError, Reader } from "./reader.ts"
import { Writer } from "./writer.ts"

/**
 * The envelope of Kubernetes' protobuf: four magic bytes, then a `runtime.Unknown` with apiVersion and kind, and the
 * message inside. https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */
export const MEDIA_TYPE = "application/vnd.kubernetes.protobuf"

/** `k8s` and a zero byte. */
const MAGIC = [0x6b, 0x38, 0x73, 0x00]

export interface Envelope {
  readonly apiVersion: string
  readonly kind: string
  /** The message. A view of the input, not a copy. */
  readonly raw: Uint8Array
  /** Empty for protobuf. `application/json` when `raw` is JSON. */
  readonly contentType: string
}

const writer = new Writer()

/** Runs one encoding on the shared writer; leaves it empty also after an error. */
function encoding(write: (writer: Writer) => void): Uint8Array {
  try {
    write(writer)
    return writer.take()
  } catch (error) {
    writer.reset()
    throw error
  }
}

/** An object with its envelope. `kind` and `apiVersion` are taken from the object. */
export function encodeObject(struct: AnyStruct, object: object): Uint8Array {
  const { apiVersion, kind } = object as { apiVersion?: string; kind?: string }
  return encoding((to) => {
    to.bytes(TRAILER)
    const mark = to.mark()
    codecOf(struct).write(to, object as { [member: string]: unknown })
    finishEnvelope(to, mark, apiVersion ?? "", kind ?? "")
  })
}

/** The bytes of a list whose items are encoded already, so that each item is encoded once and kept. */
export function encodeList(
  list: { readonly apiVersion: string; readonly kind: string; readonly metadata: object },
  metadata: AnyStruct,
  items: readonly Uint8Array[],
): Uint8Array {
  return encoding((to) => {
    to.bytes(TRAILER)
    const mark = to.mark()
    for (let i = items.length - 1; i >= 0; i--) {
      const item = items[i]
      if (item === undefined) continue
      to.bytes(item)
      to.varint(item.length)
      to.byte(0x12)
    }
    const metadataMark = to.mark()
    codecOf(metadata).write(to, list.metadata as { [member: string]: unknown })
    to.varint(to.lengthSince(metadataMark))
    to.byte(0x0a)
    finishEnvelope(to, mark, list.apiVersion, list.kind)
  })
}

/** Empty content encoding and content type, which Kubernetes writes too. */
const TRAILER = new Uint8Array([0x1a, 0x00, 0x22, 0x00])

function finishEnvelope(to: Writer, rawMark: number, apiVersion: string, kind: string): void {
  to.varint(to.lengthSince(rawMark))
  to.byte(0x12)
  const typeMark = to.mark()
  to.text(kind)
  to.byte(0x12)
  to.text(apiVersion)
  to.byte(0x0a)
  to.varint(to.lengthSince(typeMark))
  to.byte(0x0a)
  for (const byte of MAGIC.toReversed()) to.byte(byte)
}

/** A message without envelope, as it stands inside lists. */
export function encodeMessage(struct: AnyStruct, value: object): Uint8Array {
  return encoding((to) => codecOf(struct).write(to, value as { [member: string]: unknown }))
}

/** Decodes a message without envelope. Throws `ProtobufError`. */
export function decodeMessage<S extends AnyStruct>(struct: S, bytes: Uint8Array): Draft<TypeOf<S>> {
  return codecOf(struct).read(new Reader(bytes)) as Draft<TypeOf<S>>
}

export function hasMagic(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte)
}

/** Opens the envelope: which kind is inside, and the message. Throws `ProtobufError`. */
export function openEnvelope(bytes: Uint8Array): Envelope {
  if (!hasMagic(bytes)) {
    throw new ProtobufError(
      `provided data does not appear to be a protobuf message, expected prefix [${MAGIC.join(" ")}]`,
    )
  }
  const reader = new Reader(bytes.subarray(MAGIC.length))
  const found = { apiVersion: "", kind: "", raw: new Uint8Array() as Uint8Array, contentType: "" }
  while (reader.at < reader.end) {
    const tag = reader.varint()
    if (tag === 0x0a) readTypeMeta(reader, found)
    else if (tag === 0x12) found.raw = reader.bytes()
    else if (tag === 0x1a) refuseContentEncoding(reader.text())
    else if (tag === 0x22) found.contentType = reader.text()
    else reader.skip(tag % 8)
  }
  return found
}

function readTypeMeta(reader: Reader, found: { apiVersion: string; kind: string }): void {
  const outer = reader.enter()
  while (reader.at < reader.end) {
    const tag = reader.varint()
    if (tag === 0x0a) found.apiVersion = reader.text()
    else if (tag === 0x12) found.kind = reader.text()
    else reader.skip(tag % 8)
  }
  reader.leave(outer)
}

function refuseContentEncoding(encodingName: string): void {
  if (encodingName !== "")
    throw new ProtobufError(`content encoding ${encodingName} is not supported, send plain protobuf`)
}

/** Decodes an object with its envelope; kind and apiVersion come first, as in JSON. Throws `ProtobufError`. */
export function decodeObject<S extends AnyStruct>(struct: S, bytes: Uint8Array): Draft<TypeOf<S>> {
  const { apiVersion, kind, raw } = openEnvelope(bytes)
  const object: { [member: string]: unknown } = {}
  if (struct.members.has("kind") && kind !== "") object["kind"] = kind
  if (struct.members.has("apiVersion") && apiVersion !== "") object["apiVersion"] = apiVersion
  const codec = codecOf(struct)
  codec.readInto(new Reader(raw), object)
  return codec.inOrder(object) as Draft<TypeOf<S>>
}
