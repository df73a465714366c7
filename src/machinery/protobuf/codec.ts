import { isZero } from "../decode/decoder.ts"
import { ZERO_SCALAR } from "../decode/scalars.ts"
import { sortedKeys } from "../json/key-order.ts"
import type { AnyStruct, EitherSchema, FieldSchema, TypeSchema } from "../schema/schema.ts"
import { fromForms, structOfForms, toForms } from "./either.ts"
import { ProtobufError, type Reader, WIRE_BYTES, WIRE_VARINT } from "./reader.ts"
import { SCALAR_CODEC } from "./scalars.ts"
import type { Writer } from "./writer.ts"

type MutableObject = { [member: string]: unknown }

/** Writes the value of one field with all its tags. `undefined` stands for absent. */
type WriteField = (writer: Writer, value: unknown) => void
/** Reads one occurrence of a field; `present` is what earlier occurrences gave. */
type ReadField = (reader: Reader, wireType: number, present: unknown) => unknown

interface CompiledField {
  readonly name: string
  readonly inline: boolean
  readonly dropsZero: boolean
  readonly write: WriteField
  readonly read: ReadField
}

interface Filler {
  readonly name: string
  readonly zero: () => unknown
}

/**
 * Encodes and decodes one struct. Like Kubernetes' generated code, fields are written in ascending order, fields that
 * are no pointers even when zero, and map entries sorted by key. Compiled once per struct and then reused.
 */
export class StructCodec {
  readonly #struct: AnyStruct
  /** In descending order, because the writer goes backwards. */
  #descending: readonly CompiledField[] | undefined
  #byNumber: readonly (CompiledField | undefined)[] = []
  #fillers: readonly Filler[] = []
  /** Of each member in JSON. */
  #places: ReadonlyMap<string, number> = new Map()

  constructor(struct: AnyStruct) {
    this.#struct = struct
  }

  /** Writes the fields, without a length. */
  write(writer: Writer, value: MutableObject): void {
    const fields = this.#descending ?? this.#compile()
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i]
      if (field !== undefined) field.write(writer, field.inline ? value : value[field.name])
    }
  }

  /** Reads to the end of the innermost message, into `target`. */
  readInto(reader: Reader, target: MutableObject): void {
    if (this.#descending === undefined) this.#compile()
    const fields = this.#byNumber
    while (reader.at < reader.end) {
      const tag = reader.varint()
      const wireType = tag % 8
      const number = (tag - wireType) / 8
      const field = number < fields.length ? fields[number] : undefined
      if (field === undefined) reader.skip(wireType)
      else if (field.inline) field.read(reader, wireType, target)
      else {
        const value = field.read(reader, wireType, target[field.name])
        if ((value === null || field.dropsZero) && isZero(value)) delete target[field.name]
        else target[field.name] = value
      }
    }
    for (const { name, zero } of this.#fillers) if (target[name] === undefined) target[name] = zero()
  }

  read(reader: Reader): MutableObject {
    const target: MutableObject = {}
    this.readInto(reader, target)
    return this.inOrder(target)
  }

  /** The members in the order of JSON, which is not that of their numbers: equal objects have equal JSON. */
  inOrder(target: MutableObject): MutableObject {
    let last = -1
    for (const name in target) {
      const place = this.#places.get(name) ?? last
      if (place < last) return this.#reorder(target)
      last = place
    }
    return target
  }

  #reorder(target: MutableObject): MutableObject {
    const again: MutableObject = {}
    for (const name of this.#places.keys()) if (Object.hasOwn(target, name)) again[name] = target[name]
    return again
  }

  /** The value of an always written field that is absent. */
  zero(): MutableObject {
    if (this.#descending === undefined) this.#compile()
    const target: MutableObject = {}
    for (const { name, zero } of this.#fillers) target[name] = zero()
    return target
  }

  // Not in the constructor: a recursive struct would never end.
  #compile(): readonly CompiledField[] {
    this.#places = new Map([...this.#struct.members.keys()].map((name, place) => [name, place]))
    const numbered = this.#struct.fields.filter((field) => field.number > 0)
    const byNumber: (CompiledField | undefined)[] = []
    for (const field of numbered) byNumber[field.number] = compileField(field)
    this.#byNumber = byNumber
    this.#fillers = [...this.#struct.members.values()]
      .filter((field) => field.presence === "always")
      .map((field) => ({ name: field.name, zero: zeroOf(field.type()) }))
    this.#descending = numbered.toSorted((a, b) => b.number - a.number).flatMap((field) => byNumber[field.number] ?? [])
    return this.#descending
  }
}

function compileField(field: FieldSchema): CompiledField {
  const type = field.type()
  return {
    name: field.name,
    inline: field.inline,
    dropsZero: field.presence === "value",
    ...(type.type === "list" && !field.wrapped
      ? compileList(field.number, type.item)
      : type.type === "map"
        ? compileMap(field.number, type.value)
        : compileSingle(field, type)),
  }
}

/** A value without its field tag: what a list repeats and a map entry holds. */
interface Element {
  readonly wireType: number
  readonly write: (writer: Writer, value: unknown) => void
  readonly read: (reader: Reader) => unknown
  readonly zero: () => unknown
}

function elementOf(type: TypeSchema): Element {
  if (type.type === "struct") return structElement(type)
  if (type.type === "list") return wrappedListElement(type.item)
  if (type.type === "either") return eitherElement(type)
  if (type.type === "map") throw new Error("a map inside a list or map has no protobuf form; wrap it in a struct")
  return { ...SCALAR_CODEC[type.type], zero: zeroOf(type) }
}

function structElement(struct: AnyStruct): Element {
  const codec = codecOf(struct)
  return {
    wireType: WIRE_BYTES,
    write: (writer, value) => {
      const mark = writer.mark()
      codec.write(writer, (value ?? {}) as MutableObject)
      writer.varint(writer.lengthSince(mark))
    },
    read: (reader) => {
      const outer = reader.enter()
      const value = codec.read(reader)
      reader.leave(outer)
      return value
    },
    zero: () => codec.zero(),
  }
}

function eitherElement(type: EitherSchema): Element {
  const { wireType, write, read } = structElement(structOfForms(type))
  return {
    wireType,
    write: (writer, value) => write(writer, toForms(type, value)),
    read: (reader) => fromForms(type, read(reader) ?? {}),
    zero: () => null,
  }
}

/** A list inside a map or list stands in a message of its own, as field 1. */
function wrappedListElement(item: TypeSchema): Element {
  const list = compileList(1, item)
  return {
    wireType: WIRE_BYTES,
    write: (writer, value) => {
      const mark = writer.mark()
      list.write(writer, value)
      writer.varint(writer.lengthSince(mark))
    },
    read: (reader) => {
      const outer = reader.enter()
      let value: unknown = []
      while (reader.at < reader.end) {
        const tag = reader.varint()
        if (tag >> 3 === 1) value = list.read(reader, tag % 8, value)
        else reader.skip(tag % 8)
      }
      reader.leave(outer)
      return value
    },
    zero: () => [],
  }
}

type FieldCodec = Pick<CompiledField, "write" | "read">

function compileSingle(field: FieldSchema, type: TypeSchema): FieldCodec {
  const element = elementOf(type)
  const tag = field.number * 8 + element.wireType
  // What is no pointer in Go is written even when absent here.
  const absentIsZero = field.presence !== "pointer"
  if (type.type === "struct") return compileMessage(field, type, element, tag, absentIsZero)
  return {
    write: (writer, value) => {
      if (value === undefined && !absentIsZero) return
      element.write(writer, value)
      writer.varint(tag)
    },
    read: (reader, wireType) => {
      expectWire(wireType, element.wireType, field.name)
      return element.read(reader)
    },
  }
}

function compileMessage(
  field: FieldSchema,
  struct: AnyStruct,
  element: Element,
  tag: number,
  absentIsZero: boolean,
): FieldCodec {
  const codec = codecOf(struct)
  return {
    write: (writer, value) => {
      if (value === undefined && !absentIsZero) return
      element.write(writer, value)
      writer.varint(tag)
    },
    // Parts of one message may come apart; they merge. An inlined struct is read into its parent.
    read: (reader, wireType, present) => {
      expectWire(wireType, WIRE_BYTES, field.name)
      const target = (present ?? {}) as MutableObject
      const outer = reader.enter()
      codec.readInto(reader, target)
      reader.leave(outer)
      return field.inline ? target : codec.inOrder(target)
    },
  }
}

function compileList(number: number, item: TypeSchema): FieldCodec {
  const element = elementOf(item)
  const tag = number * 8 + element.wireType
  return {
    write: (writer, value) => {
      if (!Array.isArray(value)) return
      for (let i = value.length - 1; i >= 0; i--) {
        element.write(writer, value[i])
        writer.varint(tag)
      }
    },
    read: (reader, wireType, present) => {
      const list = (present ?? []) as unknown[]
      if (wireType === WIRE_BYTES && element.wireType === WIRE_VARINT) {
        const outer = reader.enter()
        while (reader.at < reader.end) list.push(element.read(reader))
        reader.leave(outer)
        return list
      }
      expectWire(wireType, element.wireType, "list")
      list.push(element.read(reader))
      return list
    },
  }
}

const KEY_TAG = 0x0a

function compileMap(number: number, item: TypeSchema): FieldCodec {
  const element = elementOf(item)
  const tag = number * 8 + WIRE_BYTES
  const valueTag = 16 + element.wireType
  return {
    write: (writer, value) => {
      if (typeof value !== "object" || value === null) return
      const map = value as MutableObject
      const keys = sortedKeys(map)
      for (let i = keys.length - 1; i >= 0; i--) {
        const key = keys[i] ?? ""
        const mark = writer.mark()
        element.write(writer, map[key])
        writer.varint(valueTag)
        writer.text(key)
        writer.byte(KEY_TAG)
        writer.varint(writer.lengthSince(mark))
        writer.varint(tag)
      }
    },
    read: (reader, wireType, present) => {
      expectWire(wireType, WIRE_BYTES, "map")
      const map = (present ?? Object.create(null)) as MutableObject
      const outer = reader.enter()
      let key = ""
      let value: unknown
      while (reader.at < reader.end) {
        const entryTag = reader.varint()
        if (entryTag === KEY_TAG) key = reader.text()
        else if (entryTag === valueTag) value = element.read(reader)
        else reader.skip(entryTag % 8)
      }
      reader.leave(outer)
      map[key] = value ?? element.zero()
      return map
    },
  }
}

function zeroOf(type: TypeSchema): () => unknown {
  switch (type.type) {
    case "struct":
      return () => codecOf(type).zero()
    case "list":
      return () => []
    case "map":
      return () => Object.create(null) as unknown
    case "either":
      return () => null
    default: {
      const zero = ZERO_SCALAR[type.type]
      return () => zero
    }
  }
}

function expectWire(found: number, expected: number, name: string): void {
  if (found !== expected) throw new ProtobufError(`proto: wrong wireType = ${found} for field ${name}`)
}

const codecs = new WeakMap<AnyStruct, StructCodec>()

/** The codec of a struct, compiled on first use. */
export function codecOf(struct: AnyStruct): StructCodec {
  let codec = codecs.get(struct)
  if (codec === undefined) codecs.set(struct, (codec = new StructCodec(struct)))
  return codec
}
