import { quote } from "../../field/quote.ts"
import type { TypeProvider } from "../declarations.ts"
import { CelError, type CelError as Failed, isError } from "../error.ts"
import { celToJson } from "../json/to-json.ts"
import { CelList } from "../list.ts"
import { CelMap } from "../map.ts"
import { type CelType, dynType, objectType, stringType } from "../types.ts"
import { CelObject, type CelResult, type CelValue } from "../value.ts"
import { valuesEqual } from "../values/equality.ts"
import { typeOf } from "../values/type-of.ts"

/** Of what an apply configuration gives; objects within are `Object.spec`, `Object.spec.template`, … */
export const mutatedObjectType = objectType("Object")
export const jsonPatchType = objectType("JSONPatch")

/** An object that an expression made: `Object{spec: Object.spec{replicas: 3}}`. Its fields are not checked by a schema. */
export class CelMutatedObject extends CelObject {
  readonly type: CelType
  readonly fields: ReadonlyMap<string, CelValue>

  constructor(typeName: string, fields: ReadonlyMap<string, CelValue>) {
    super()
    this.type = objectType(typeName)
    this.fields = fields
  }

  equals(other: CelValue): boolean {
    if (!(other instanceof CelMutatedObject) || !other.type.equals(this.type)) return false
    if (other.fields.size !== this.fields.size) return false
    return [...this.fields].every(([name, value]) => {
      const theirs = other.fields.get(name)
      return theirs !== undefined && valuesEqual(value, theirs)
    })
  }

  override field(name: string): CelResult {
    return this.fields.get(name) ?? new CelError(`no such field '${name}'`)
  }

  override hasField(name: string): boolean {
    return this.fields.has(name)
  }

  override isZero(): boolean {
    return this.fields.size === 0
  }

  /** What names of types do not go with the fields they are in, in Kubernetes' words; one a line. */
  typeNameProblems(): readonly string[] {
    return problemsIn(this, [this.type.name])
  }
}

function problemsIn(value: CelValue, path: readonly string[]): string[] {
  if (value instanceof CelMutatedObject) {
    const expected = path.join(".")
    const { name } = value.type
    const fields = [...value.fields].flatMap(([field, inner]) => problemsIn(inner, [...path, field]))
    if (name === expected) return fields
    const names = `${quote(name)}, expected ${quote(expected)}`
    return [`unexpected type name ${names}, which matches field name path from root Object type`, ...fields]
  }
  const parts = value instanceof CelList ? [...value] : value instanceof CelMap ? valuesOf(value) : []
  return parts.flatMap((part) => (isError(part) ? [] : problemsIn(part, path)))
}

const valuesOf = (map: CelMap) => [...map.keys()].map((key) => map.find(key) as CelResult)

const PATCH_FIELDS = ["op", "path", "from", "value"] as const
type PatchField = (typeof PATCH_FIELDS)[number]

/** One operation of a JSON patch: `JSONPatch{op: "add", path: "/spec/x", value: 1}`. */
export class CelJsonPatch extends CelObject {
  readonly type = jsonPatchType
  readonly op: string
  readonly path: string
  readonly from: string
  readonly value: CelValue | undefined

  constructor(parts: { op?: string; path?: string; from?: string; value?: CelValue }) {
    super()
    this.op = parts.op ?? ""
    this.path = parts.path ?? ""
    this.from = parts.from ?? ""
    this.value = parts.value
  }

  equals(other: CelValue): boolean {
    if (!(other instanceof CelJsonPatch)) return false
    if (other.op !== this.op || other.path !== this.path || other.from !== this.from) return false
    if (this.value === undefined || other.value === undefined) return this.value === other.value
    return valuesEqual(this.value, other.value)
  }

  override field(name: string): CelResult {
    if (!isPatchField(name)) return new CelError(`unsupported indexer: ${name}`)
    return this[name] ?? null
  }

  override hasField(name: string): boolean | Failed {
    if (!isPatchField(name)) return new CelError(`unsupported field: ${name}`)
    return name === "value" ? this.value !== undefined : this[name] !== ""
  }
}

function isPatchField(name: string): name is PatchField {
  return (PATCH_FIELDS as readonly string[]).includes(name)
}

function makePatch(fields: ReadonlyMap<string, CelValue>): CelResult {
  const texts: { op?: string; path?: string; from?: string } = {}
  for (const [name, value] of fields) {
    if (!isPatchField(name)) return new CelError(`unexpected JSONPatchType field: ${name}`)
    if (name === "value") continue
    if (typeof value !== "string") {
      return new CelError(`unexpected type ${typeOf(value).name} for JSONPatchType '${name}' field`)
    }
    texts[name] = value
  }
  const value = fields.get("value")
  return new CelJsonPatch(value === undefined ? texts : { ...texts, value })
}

const isObjectName = (name: string) => name === mutatedObjectType.name || name.startsWith(`${mutatedObjectType.name}.`)

/** The types `Object`, `Object.spec`, … and `JSONPatch`. */
export const mutationTypes: TypeProvider = {
  findType: (name) => (name === jsonPatchType.name || isObjectName(name) ? objectType(name) : undefined),
  findField: (typeName, field) => {
    if (isObjectName(typeName)) return { type: dynType }
    if (typeName !== jsonPatchType.name || !isPatchField(field)) return undefined
    return { type: field === "value" ? dynType : stringType }
  },
  create: (typeName, fields) =>
    typeName === jsonPatchType.name ? makePatch(fields) : new CelMutatedObject(typeName, fields),
}

/** A value as JSON, also of objects that an expression made. Throws for values that are no JSON. */
export function mutationToJson(value: CelResult): unknown {
  if (value instanceof CelMutatedObject) {
    return Object.fromEntries([...value.fields].map(([name, inner]) => [name, mutationToJson(inner)]))
  }
  if (value instanceof CelList) return [...value].map(mutationToJson)
  if (!(value instanceof CelMap)) return celToJson(value)
  return Object.fromEntries([...value.keys()].map((key) => [String(key), mutationToJson(value.find(key) as CelResult)]))
}
