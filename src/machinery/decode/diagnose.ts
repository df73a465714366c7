import { quote } from "../field/quote.ts"
import { jsonKind } from "../json/json-kind.ts"
import { parseQuantity } from "../quantity/quantity.ts"
import type { AnyStruct, EitherSchema, ScalarType, TypeSchema } from "../schema/schema.ts"
import { DECODE_SCALAR, Mismatch } from "./scalars.ts"

/** Why a value does not fit a struct, and what it holds that the struct does not know. */
export interface Diagnosis {
  /** The first value that does not fit, in the words of Go's decoder; undefined when all fit. */
  readonly mismatch: string | undefined
  /** Paths such as `spec.containers[0].foo`, in the order they stand, up to 100. */
  readonly unknown: readonly string[]
}

/** As Kubernetes limits its reports. */
const UNKNOWN_MAX = 100

/** Walks a value again, slowly, to explain what the decoder refused or left out. */
export function diagnose(struct: AnyStruct, value: unknown): Diagnosis {
  if (struct.form !== undefined) return struct.form.diagnose(value)
  const walk = new Walk()
  walk.struct(struct, value, { path: "", field: "", owner: "" })
  return { mismatch: walk.mismatch, unknown: walk.unknown }
}

/** Where the walk is: the path with indexes, the member names from the root without, and the innermost struct. */
interface At {
  readonly path: string
  readonly field: string
  readonly owner: string
}

class Walk {
  mismatch: string | undefined
  readonly unknown: string[] = []

  struct(struct: AnyStruct, value: unknown, at: At): void {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return this.#refuse(value, struct, at)
    for (const [name, member] of Object.entries(value)) {
      const path = at.path === "" ? name : `${at.path}.${name}`
      const field = struct.members.get(name)
      if (field === undefined) this.#unknown(path)
      else if (member !== null) {
        const names = at.field === "" ? name : `${at.field}.${name}`
        this.#type(field.type(), member, { path, field: names, owner: shortName(struct) })
      }
    }
  }

  #type(type: TypeSchema, value: unknown, at: At): void {
    if (value === null || value === undefined) return
    switch (type.type) {
      case "struct":
        return this.struct(type, value, at)
      case "list":
        if (!Array.isArray(value)) return this.#refuse(value, type, at)
        return value.forEach((item, i) => this.#type(type.item, item, { ...at, path: `${at.path}[${i}]` }))
      case "map":
        if (typeof value !== "object" || Array.isArray(value)) return this.#refuse(value, type, at)
        for (const [key, item] of Object.entries(value)) {
          this.#type(type.value, item, { ...at, path: `${at.path}.${key}` })
        }
        return
      case "either":
        return this.#either(type, value, at)
      default:
        return this.#scalar(type.type, value, at)
    }
  }

  #either(type: EitherSchema, value: unknown, at: At): void {
    const other = type.other.type()
    if (typeof value === "object" && !Array.isArray(value)) {
      // What the object holds beyond its struct is left out in silence.
      this.mismatch ??= diagnose(type.object.type(), value).mismatch
    } else if (Array.isArray(value) ? other.type === "list" : other.type === "bool" && typeof value === "boolean") {
      this.#type(other, value, at)
    } else {
      this.mismatch ??= `${other.type === "bool" ? "boolean" : "array"} or JSON schema expected`
    }
  }

  #scalar(type: ScalarType, value: unknown, at: At): void {
    try {
      DECODE_SCALAR[type](value)
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error
      this.mismatch ??= scalarProblem(type, value) ?? unmarshalProblem(value, { type }, at)
    }
  }

  #refuse(value: unknown, type: TypeSchema, at: At): void {
    this.mismatch ??= unmarshalProblem(value, type, at)
  }

  #unknown(path: string): void {
    if (this.unknown.length < UNKNOWN_MAX && !this.unknown.includes(path)) this.unknown.push(path)
  }
}

function unmarshalProblem(value: unknown, type: TypeSchema, at: At): string {
  const isInteger = type.type === "int32" || type.type === "int64"
  const found = typeof value === "number" && isInteger ? `number ${value}` : jsonKind(value)
  const where = at.owner === "" ? "Go value" : `Go struct field ${at.owner}.${at.field}`
  return `json: cannot unmarshal ${found} into ${where} of type ${goType(type)}`
}

/** Types that read themselves have words of their own. */
function scalarProblem(type: ScalarType, value: unknown): string | undefined {
  if (type === "intOrString") return `json: cannot unmarshal ${jsonKind(value)} into Go value of type int32`
  if (type === "quantity") return quantityProblem(value)
  if (typeof value !== "string") return undefined
  switch (type) {
    case "time":
    case "microTime": {
      const layout = type === "time" ? "2006-01-02T15:04:05Z07:00" : "2006-01-02T15:04:05.000000Z07:00"
      return `parsing time ${quote(value)} as ${quote(layout)}: cannot parse ${quote(value)} as "2006"`
    }
    case "duration":
      return `time: invalid duration ${quote(value)}`
    case "bytes":
      return `illegal base64 data at input byte ${Math.max(0, value.search(/[^A-Za-z0-9+/]/))}`
    default:
      return undefined
  }
}

function quantityProblem(value: unknown): string {
  try {
    parseQuantity(typeof value === "string" ? value.trim() : JSON.stringify(value))
    return "quantity must be text or a number"
  } catch (error) {
    return error instanceof Error ? error.message : "quantity cannot be read"
  }
}

const GO_SCALAR: { readonly [type in ScalarType]: string } = {
  string: "string",
  bool: "bool",
  int32: "int32",
  int64: "int64",
  double: "float64",
  bytes: "[]uint8",
  quantity: "resource.Quantity",
  intOrString: "intstr.IntOrString",
  time: "string",
  microTime: "string",
  duration: "string",
  rawExtension: "runtime.RawExtension",
  json: "interface {}",
  fieldsV1: "v1.FieldsV1",
}

function goType(type: TypeSchema): string {
  switch (type.type) {
    case "struct":
      return type.name.split(".").slice(-2).join(".")
    case "list":
      return `[]${goType(type.item)}`
    case "map":
      return `map[string]${goType(type.value)}`
    case "either":
      return type.name.split(".").slice(-2).join(".")
    default:
      return GO_SCALAR[type.type]
  }
}

function shortName(struct: AnyStruct): string {
  return struct.name.slice(struct.name.lastIndexOf(".") + 1)
}
