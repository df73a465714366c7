import { decode } from "../decode/decode.ts"
import { applyDefaults } from "../defaulting/apply-defaults.ts"
import { formatFieldError } from "../field/error.ts"
import { setMember } from "../patch/structure.ts"
import { customStrategy } from "./custom-strategy.ts"
import { customStruct } from "./custom-struct.ts"
import { parseStructural } from "./parse-structural.ts"
import type { SchemaSource } from "./schema-source.ts"

/** A schema whose spec has these members. */
export function specOf(properties: Record<string, SchemaSource>, more: SchemaSource = {}): SchemaSource {
  return { type: "object", properties: { spec: { type: "object", properties, ...more } } }
}

export function structFor(source: SchemaSource, hasStatus = false) {
  return customStruct({ definition: "com.example.v1.Foo", schema: parseStructural(source), hasStatus })
}

const common = () => ({ apiVersion: "example.com/v1", kind: "Foo", metadata: { name: "a" } })

/** An object as the server would have it after decoding and defaulting, and what the client is told about it. */
export function received(source: SchemaSource, members: object) {
  const struct = structFor(source)
  const { object, warnings } = decode(struct, { value: { ...common(), ...members }, duplicates: [] }, "Warn")
  return { object: applyDefaults(struct, object) as { [member: string]: unknown }, warnings }
}

/** Without the members that every object has; as JSON, because prototypes do not count. */
export function shown({ kind: _kind, apiVersion: _version, metadata: _meta, ...rest }: { [m: string]: unknown }) {
  return JSON.stringify(rest)
}

export function createErrors(source: SchemaSource, members: object): readonly string[] {
  const strategy = strategyFor(source)
  return (strategy.validateCreate?.({ ...common(), ...members } as never) ?? []).map(formatFieldError)
}

export function updateErrors(source: SchemaSource, before: object, after: object): readonly string[] {
  const strategy = strategyFor(source)
  const [old, object] = [
    { ...common(), ...before },
    { ...common(), ...after },
  ]
  return (strategy.validateUpdate?.(object as never, old as never) ?? []).map(formatFieldError)
}

export function statusErrors(source: SchemaSource, before: object, after: object): readonly string[] {
  const strategy = strategyFor(source)
  const [old, object] = [
    { ...common(), ...before },
    { ...common(), ...after },
  ]
  return (strategy.validateStatusUpdate?.(object as never, old as never) ?? []).map(formatFieldError)
}

function strategyFor(source: SchemaSource) {
  return customStrategy({ source, schema: parseStructural(source) })
}

const NAMES = ["a", "b", "constructor", "__proto__", "toString"]

/** Random schemas and values from a seed. */
export class Generator {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  #below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1103515245) + 12345) & 0x7fffffff
    return Math.floor((this.#state / 0x80000000) * limit)
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)] as T
  }

  schema(depth: number): SchemaSource {
    const type =
      depth === 0 ? this.#pick(["string", "integer"]) : this.#pick(["object", "object", "array", "string", "map"])
    const nullable = this.#below(5) === 0
    switch (type) {
      case "object": {
        const properties = {}
        for (const name of NAMES) if (this.#below(2) === 0) setMember(properties, name, this.schema(depth - 1))
        const keeps = this.#below(6) === 0
        return { type, nullable, properties, ...(keeps && { "x-kubernetes-preserve-unknown-fields": true }) }
      }
      case "map":
        return { type: "object", nullable, additionalProperties: this.schema(depth - 1) }
      case "array":
        return { type, nullable, items: this.schema(depth - 1) }
      case "integer":
        return { type, nullable, ...(this.#below(3) === 0 && { default: this.#below(9) }) }
      default:
        return { type, nullable, ...(this.#below(3) === 0 && { default: "x" }) }
    }
  }

  /** Any value, whatever the schema. */
  value(depth: number): unknown {
    const kind = depth === 0 ? this.#below(3) : this.#below(7)
    if (kind === 0) return null
    if (kind === 1) return "x"
    if (kind === 2) return this.#below(100)
    if (kind === 3) return Array.from({ length: this.#below(4) }, () => this.value(depth - 1))
    const object = {}
    for (const name of [...NAMES, "other"]) if (this.#below(2) === 0) setMember(object, name, this.value(depth - 1))
    return object
  }
}
