import { decodeValue } from "../decode/decode.ts"
import { isZero } from "../decode/decoder.ts"
import { isObject, type JsonObject } from "../patch/structure.ts"
import type { AnyStruct, Draft, FieldSchema, TypeOf, TypeSchema } from "../schema/schema.ts"
import { structInside } from "../schema/struct-inside.ts"

/**
 * Fills in what a client left out. For every struct, from the outside in: the defaults of its fields, then its
 * `defaults` hook, then the structs inside; so a hook sees the parent's defaults but not yet those of its children, as
 * in Kubernetes. `value` is in its in-memory form; it is changed in place and returned. Applying twice changes nothing.
 */
export function applyDefaults<S extends AnyStruct>(struct: S, value: Draft<TypeOf<S>>): Draft<TypeOf<S>> {
  if (!isObject(value)) return value
  if (struct.form === undefined) fillerOf(struct)?.fill(value)
  else struct.form.fillIn(value)
  return value
}

type Fill = (value: unknown) => void
type Hook = (value: never) => void

interface FieldDefault {
  readonly name: string
  /** Zero was sent on purpose, so only absence is filled in. */
  readonly keepsZero: boolean
  /** A new value each time, when it is one that could be changed. */
  readonly make: () => unknown
}

/** The defaults of one struct. Compiled once per struct and then reused, for it runs on every write. */
class Filler {
  readonly #struct: AnyStruct
  #defaults: readonly FieldDefault[] | undefined
  #hooks: readonly Hook[] = []
  #children: readonly { readonly name: string; readonly fill: Fill }[] = []

  constructor(struct: AnyStruct) {
    this.#struct = struct
  }

  fill(value: JsonObject): void {
    for (const { name, keepsZero, make } of this.#defaults ?? this.#compile()) {
      const found = value[name]
      if (found === undefined || found === null || (!keepsZero && isZero(found))) value[name] = make()
    }
    for (const hook of this.#hooks) hook(value as never)
    for (const { name, fill } of this.#children) {
      const child = value[name]
      if (child !== undefined && child !== null) fill(child)
    }
  }

  // Not in the constructor: a recursive struct would never end.
  #compile(): readonly FieldDefault[] {
    const members = [...this.#struct.members.values()]
    this.#hooks = hooksOf(this.#struct)
    this.#children = members.flatMap((field) => {
      const fill = compileType(field.type())
      return fill === undefined ? [] : [{ name: field.name, fill }]
    })
    this.#defaults = members.filter((field) => field.default !== undefined).map(compileDefault)
    return this.#defaults
  }
}

function compileDefault(field: FieldSchema): FieldDefault {
  const standard = field.default
  const scalar = typeof standard !== "object" || standard === null
  return {
    name: field.name,
    keepsZero: field.presence === "pointer",
    make: scalar ? () => standard : inMemoryForm(field, standard),
  }
}

/** Makes what is written in a descriptor as it would be after decoding: a copy, and maps without a prototype. */
function inMemoryForm(field: FieldSchema, standard: unknown): () => unknown {
  const alone = { ...field, presence: "pointer" as const }
  const holder: AnyStruct = {
    type: "struct",
    name: "",
    doc: "",
    fields: [alone],
    members: new Map([[field.name, alone]]),
  }
  const written = { [field.name]: standard }
  return () => (decodeValue(holder, written) as JsonObject)[field.name]
}

/** The struct's own hook, then those of the structs inlined in it, which work on the same object. */
function hooksOf(struct: AnyStruct): readonly Hook[] {
  const inlined: readonly Hook[] = struct.fields.flatMap((field) => {
    const type = field.inline ? field.type() : undefined
    return type?.type === "struct" ? hooksOf(type) : []
  })
  return struct.defaults === undefined ? inlined : [struct.defaults, ...inlined]
}

/** Undefined where nothing inside has a default. */
function compileType(type: TypeSchema): Fill | undefined {
  switch (type.type) {
    case "struct": {
      const filler = fillerOf(type)
      if (filler === undefined) return undefined
      return (value) => {
        if (isObject(value)) filler.fill(value)
      }
    }
    case "list": {
      const fill = compileType(type.item)
      if (fill === undefined) return undefined
      return (value) => {
        if (Array.isArray(value)) for (const item of value) fill(item)
      }
    }
    case "map": {
      const fill = compileType(type.value)
      if (fill === undefined) return undefined
      return (value) => {
        if (isObject(value)) for (const key of Object.keys(value)) fill(value[key])
      }
    }
    default:
      return undefined
  }
}

const fillers = new WeakMap<AnyStruct, Filler | null>()

/** Undefined when neither the struct nor any struct it can contain has a default. */
function fillerOf(struct: AnyStruct): Filler | undefined {
  let filler = fillers.get(struct)
  if (filler === undefined) fillers.set(struct, (filler = hasDefaults(struct, new Set()) ? new Filler(struct) : null))
  return filler ?? undefined
}

function hasDefaults(struct: AnyStruct, seen: Set<AnyStruct>): boolean {
  if (seen.has(struct)) return false
  seen.add(struct)
  if (hooksOf(struct).length > 0) return true
  for (const field of struct.members.values()) {
    if (field.default !== undefined) return true
    const inner = structInside(field.type())
    if (inner !== undefined && hasDefaults(inner, seen)) return true
  }
  return false
}
