import { noSuchOverload } from "../error.ts"
import { CelMap } from "../map.ts"
import type { CelResult, CelValue } from "../value.ts"
import { valuesEqual } from "../values/equality.ts"
import { jsonToCel } from "./json-value.ts"
import type { JsonObjectShape, JsonShape } from "./shape.ts"

type JsonRecord = Readonly<Record<string, unknown>>

/** A JSON object as a map from text to values of one shape. */
export class JsonMap extends CelMap {
  readonly json: JsonRecord
  readonly #values: JsonShape
  #size: number | undefined

  constructor(json: JsonRecord, values: JsonShape) {
    super()
    this.json = json
    this.#values = values
  }

  get size(): number {
    this.#size ??= Object.keys(this.json).length
    return this.#size
  }

  find(key: CelValue): CelResult | undefined {
    return this.has(key) ? jsonToCel(this.json[key as string], this.#values) : undefined
  }

  has(key: CelValue): boolean {
    return typeof key === "string" && Object.hasOwn(this.json, key)
  }

  keys(): Iterable<CelValue> {
    return Object.keys(this.json)
  }
}

/** A JSON object whose fields have a shape each. Fields without one are there for comparisons only. */
export class JsonObject extends CelMap {
  readonly json: JsonRecord
  readonly #shape: JsonObjectShape
  /** Fields are read more than once in most rules. */
  readonly #made = new Map<string, CelResult>()

  constructor(json: JsonRecord, shape: JsonObjectShape) {
    super()
    this.json = json
    this.#shape = shape
  }

  get size(): number {
    return Object.keys(this.json).length
  }

  find(key: CelValue): CelResult | undefined {
    if (typeof key !== "string") return noSuchOverload()
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const field = this.#shape.fields.get(key)
    if (field === undefined || !this.#isThere(field.jsonName)) return undefined
    const value = jsonToCel(this.json[field.jsonName], field.shape)
    this.#made.set(key, value)
    return value
  }

  has(key: CelValue): boolean {
    const field = typeof key === "string" ? this.#shape.fields.get(key) : undefined
    return field !== undefined && this.#isThere(field.jsonName)
  }

  *keys(): Iterable<CelValue> {
    for (const [name, { jsonName }] of this.#shape.fields) if (this.#isThere(jsonName)) yield name
  }

  /** A field that is null is as good as absent, as in Kubernetes. */
  #isThere(jsonName: string): boolean {
    return Object.hasOwn(this.json, jsonName) && this.json[jsonName] !== null
  }

  override equalsMap(other: CelMap): boolean | undefined {
    if (this.size !== other.size) return false
    for (const key of this.keys()) {
      const mine = this.find(key)
      const others = other.find(key)
      if (mine === undefined || others === undefined || !valuesEqual(mine, others)) return false
    }
    return !(other instanceof JsonObject) || this.#undeclaredEqual(other)
  }

  #undeclaredEqual(other: JsonObject): boolean {
    const declared = new Set(Array.from(this.#shape.fields.values(), ({ jsonName }) => jsonName))
    return Object.keys(this.json).every(
      (name) => declared.has(name) || valuesEqual(jsonToCel(this.json[name]), jsonToCel(other.json[name])),
    )
  }
}
