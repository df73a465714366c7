import { sortedKeys } from "../json/key-order.ts"
import type { AnyStruct, EitherSchema, FieldSchema, TypeSchema } from "../schema/schema.ts"
import { DECODE_SCALAR, MISMATCH, ZERO_SCALAR } from "./scalars.ts"

/** What a decode run noticed besides its result. */
export interface DecodeNotes {
  /** Some member is not in the schema; it was left out. */
  unknown: boolean
}

type Decode = (value: unknown, notes: DecodeNotes) => unknown
type MutableObject = { [member: string]: unknown }

interface Member {
  readonly name: string
  readonly index: number
  readonly decode: Decode
  readonly zero: () => unknown
  /** Its zero value is the same as absence. */
  readonly dropsZero: boolean
  readonly always: boolean
}

/** Brings JSON values to the in-memory form of one struct. Compiled once per struct and then reused. */
class StructDecoder implements Decoder {
  readonly #struct: AnyStruct
  #members: ReadonlyMap<string, Member> | undefined
  #always: readonly Member[] = []

  constructor(struct: AnyStruct) {
    this.#struct = struct
  }

  /** Throws `MISMATCH` when a value does not fit; `diagnose` tells which. */
  decode(value: unknown, notes: DecodeNotes): MutableObject {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw MISMATCH
    const members = this.#members ?? this.#compile()
    const source = value as MutableObject
    const result: MutableObject = {}
    let last = -1
    let ordered = true
    for (const name in source) {
      const member = members.get(name)
      if (member === undefined) {
        notes.unknown = true
        continue
      }
      const raw = source[name]
      if (raw === null || raw === undefined) continue
      const decoded = member.decode(raw, notes)
      if (member.dropsZero && isZero(decoded)) continue
      if (member.index < last) ordered = false
      last = member.index
      result[name] = decoded
    }
    return this.#complete(result, ordered, last)
  }

  /** The value of an always written field that is absent. */
  zero(): MutableObject {
    if (this.#members === undefined) this.#compile()
    return this.#complete({}, true, -1)
  }

  /** Fills in what is always written. With one order of members, equal objects have equal bytes. */
  #complete(result: MutableObject, ordered: boolean, last: number): MutableObject {
    let sorted = ordered
    for (const member of this.#always) {
      if (Object.hasOwn(result, member.name)) continue
      if (member.index < last) sorted = false
      result[member.name] = member.zero()
    }
    if (sorted) return result
    const again: MutableObject = {}
    for (const name of (this.#members ?? this.#compile()).keys()) {
      if (Object.hasOwn(result, name)) again[name] = result[name]
    }
    return again
  }

  // Not in the constructor: a recursive struct would never end.
  #compile(): ReadonlyMap<string, Member> {
    const members = new Map<string, Member>()
    for (const [name, field] of this.#struct.members) members.set(name, compileMember(name, field, members.size))
    this.#always = [...members.values()].filter((member) => member.always)
    this.#members = members
    return members
  }
}

function compileMember(name: string, field: FieldSchema, index: number): Member {
  const type = field.type()
  return {
    name,
    index,
    decode: compileType(type),
    zero: zeroOf(type),
    dropsZero: field.presence === "value",
    always: field.presence === "always",
  }
}

function compileType(type: TypeSchema): Decode {
  switch (type.type) {
    case "struct": {
      const decoder = decoderOf(type)
      return (value, notes) => decoder.decode(value, notes)
    }
    case "list":
      return compileList(type.item)
    case "map":
      return compileMap(type.value)
    case "either":
      return compileEither(type)
    default:
      return DECODE_SCALAR[type.type]
  }
}

function compileList(item: TypeSchema): Decode {
  const decode = compileType(item)
  const zero = zeroOf(item)
  return (value, notes) => {
    if (!Array.isArray(value)) throw MISMATCH
    const list: unknown[] = []
    for (const one of value) list.push(one === null ? zero() : decode(one, notes))
    return list
  }
}

function compileEither(type: EitherSchema): Decode {
  const decoder = decoderOf(type.object.type())
  const other = compileType(type.other.type())
  return (value, notes) =>
    typeof value === "object" && !Array.isArray(value) ? decoder.decode(value, { unknown: false }) : other(value, notes)
}

function compileMap(item: TypeSchema): Decode {
  const decode = compileType(item)
  const zero = zeroOf(item)
  return (value, notes) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw MISMATCH
    const source = value as MutableObject
    const map = Object.create(null) as MutableObject
    // Go writes maps in the order of their keys, and so do we.
    for (const key of sortedKeys(source)) {
      const one = source[key]
      map[key] = one === null || one === undefined ? zero() : decode(one, notes)
    }
    return map
  }
}

function zeroOf(type: TypeSchema): () => unknown {
  switch (type.type) {
    case "struct": {
      const decoder = decoderOf(type)
      return () => decoder.zero()
    }
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

/** Whether a value means the same as absence where zero and absent do not differ. */
export function isZero(value: unknown): boolean {
  if (typeof value !== "object") return value === "" || value === 0 || value === false
  if (value === null) return true
  if (Array.isArray(value)) return value.length === 0
  for (const _ in value) return false
  return Object.getPrototypeOf(value) === null || Object.getPrototypeOf(value) === Object.prototype
}

/** Brings values to their in-memory form. Throws `MISMATCH` when one does not fit; `diagnose` tells which. */
export interface Decoder {
  decode(value: unknown, notes: DecodeNotes): MutableObject
  /** The value of an always written field that is absent. */
  zero(): MutableObject
}

const decoders = new WeakMap<AnyStruct, Decoder>()

/** The decoder of a struct, compiled on first use. */
export function decoderOf(struct: AnyStruct): Decoder {
  let decoder = decoders.get(struct)
  if (decoder === undefined) decoders.set(struct, (decoder = decoderFor(struct)))
  return decoder
}

function decoderFor(struct: AnyStruct): Decoder {
  const { form } = struct
  return form === undefined ? new StructDecoder(struct) : { decode: form.decode, zero: () => ({}) }
}
