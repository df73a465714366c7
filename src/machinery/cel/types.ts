/** What a CEL type is at its root. `object` is a type with named fields, `opaque` one that only functions look into. */
export type CelKind =
  | "dyn"
  | "any"
  | "error"
  | "null"
  | "bool"
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "timestamp"
  | "duration"
  | "list"
  | "map"
  | "type"
  | "object"
  | "opaque"
  | "parameter"

/**
 * A type of the Common Expression Language; also a value of the language (`type(x) == int`). Immutable. Two types are
 * the same when `equals` says so, not when they are the same instance.
 */
export class CelType {
  readonly kind: CelKind
  /** As `type(x)` shows it: `int`, `google.protobuf.Timestamp`, `list`, `kubernetes.URL`. */
  readonly name: string
  readonly parameters: readonly CelType[]
  /** A primitive that may be null, as protobuf's wrapper messages are. */
  readonly nullable: boolean
  /** Whether there is a type parameter anywhere in it. */
  readonly generic: boolean
  /** How many types it is made of, itself included. Expressions can make types that grow exponentially. */
  readonly weight: number

  constructor(kind: CelKind, name: string, parameters: readonly CelType[] = [], nullable = false) {
    this.kind = kind
    this.name = name
    this.parameters = parameters
    this.nullable = nullable
    this.generic = kind === "parameter" || parameters.some(({ generic }) => generic)
    this.weight = parameters.reduce((sum, { weight }) => sum + weight, 1)
  }

  equals(other: CelType): boolean {
    if (this === other) return true
    if (this.kind !== other.kind || this.name !== other.name || this.nullable !== other.nullable) return false
    if (this.parameters.length !== other.parameters.length) return false
    return this.parameters.every((parameter, i) => other.parameters[i]?.equals(parameter) === true)
  }

  /** As messages of the checker write it: `map(string, list(int))`, `wrapper(int)`, `timestamp`. */
  toString(): string {
    if (this.nullable) return `wrapper(${this.name})`
    if (this.kind === "timestamp" || this.kind === "duration" || this.kind === "any") return this.kind
    if (this.kind === "null") return "null"
    if (this.kind === "error") return "!error!"
    return this.parameters.length === 0 ? this.name : `${this.name}(${this.parameters.join(", ")})`
  }
}

export const dynType = new CelType("dyn", "dyn")
/** `google.protobuf.Any`: of any type, like dyn. */
export const anyType = new CelType("any", "google.protobuf.Any")
export const errorType = new CelType("error", "error")
export const nullType = new CelType("null", "null_type")
export const boolType = new CelType("bool", "bool")
export const intType = new CelType("int", "int")
export const uintType = new CelType("uint", "uint")
export const doubleType = new CelType("double", "double")
export const stringType = new CelType("string", "string")
export const bytesType = new CelType("bytes", "bytes")
export const timestampType = new CelType("timestamp", "google.protobuf.Timestamp")
export const durationType = new CelType("duration", "google.protobuf.Duration")
/** The type of types, of which kind is not said. */
export const typeType = new CelType("type", "type")

export function listOf(element: CelType): CelType {
  return new CelType("list", "list", [element])
}

export function mapOf(key: CelType, value: CelType): CelType {
  return new CelType("map", "map", [key, value])
}

export function optionalOf(value: CelType): CelType {
  return new CelType("opaque", "optional_type", [value])
}

/** A type with fields, which the environment's type provider knows. */
export function objectType(name: string): CelType {
  return new CelType("object", name)
}

export function opaqueType(name: string, ...parameters: readonly CelType[]): CelType {
  return new CelType("opaque", name, parameters)
}

/** A type variable of an overload: all places of the same name are of one type. */
export function typeParameter(name: string): CelType {
  return new CelType("parameter", name)
}

/** A primitive type or null. */
export function nullableOf(primitive: CelType): CelType {
  return new CelType(primitive.kind, primitive.name, primitive.parameters, true)
}

/** The type of the type itself: `type(int)`. */
export function typeOfType(type: CelType): CelType {
  return new CelType("type", "type", [type])
}

export const listType = listOf(dynType)
export const mapType = mapOf(dynType, dynType)
export const optionalType = optionalOf(dynType)

export function isOptionalType(type: CelType): boolean {
  return type.kind === "opaque" && type.name === "optional_type"
}

export function isDynamic(type: CelType): boolean {
  return type.kind === "dyn" || type.kind === "any"
}

/** A parameter that must be there, such as the element of a list; dyn when a type was built without. */
export function parameterOf(type: CelType, index: number): CelType {
  return type.parameters[index] ?? dynType
}
