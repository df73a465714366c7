import { type Diagnosis, diagnose } from "../decode/diagnose.ts"
import { type FieldError, formatFieldError, invalid } from "../field/error.ts"
import { compareKeys } from "../json/key-order.ts"
import { ObjectMeta } from "../meta/object-meta.ts"
import { goText } from "../patch/strategic-error.ts"
import { isObject, type JsonObject } from "../patch/structure.ts"
import { META_MEMBERS } from "./prune.ts"
import { goTypeName } from "./scale-paths.ts"
import type { StructuralSchema } from "./structural-schema.ts"

/** As Kubernetes limits its reports. */
const UNKNOWN_MAX = 100

/**
 * Walks an object again, slowly, to explain what pruning refused or left out: first the metadata's, then the object's by
 * name, then those of the metadata of objects inside.
 */
export function diagnoseCustom(schema: StructuralSchema | undefined, value: unknown): Diagnosis {
  const walk = new Walk("")
  if (!isObject(value)) {
    const mismatch = `json: cannot unmarshal ${Array.isArray(value) ? "array" : typeof value} into Go value of type map[string]interface {}`
    return { mismatch, unknown: [] }
  }
  const root = walk.meta(value, "", "whole")
  walk.members(value, schema, "", schema?.preserveUnknownFields ?? false, true)
  walk.embedded(value, schema, "")
  const unknown = [...root, ...walk.pruned.sort(compareKeys), ...walk.inside.sort(compareKeys)]
  return { mismatch: walk.mismatch, unknown: [...new Set(unknown)].slice(0, UNKNOWN_MAX) }
}

/** What pruning would leave out of a value, without what is inside metadata. */
export function prunedMembers(schema: StructuralSchema, value: unknown): readonly string[] {
  const walk = new Walk()
  walk.prune(value, schema, "", schema.preserveUnknownFields)
  return walk.pruned
}

/** Why members that whole objects have cannot be read in a value that stands at `path`. */
export function metadataProblem(schema: StructuralSchema, value: unknown, path: string): FieldError | undefined {
  const walk = new Walk()
  walk.embedded(value, schema, path)
  return walk.refusal
}

class Walk {
  /** Why the whole object cannot be read; `refusal` is the same for objects inside it. */
  unreadable: string | undefined
  refusal: FieldError | undefined
  /** Where there is an object whose common members are looked at apart. */
  readonly #wholeAt: string | undefined
  readonly pruned: string[] = []
  readonly inside: string[] = []

  constructor(wholeAt?: string) {
    this.#wholeAt = wholeAt
  }

  get mismatch(): string | undefined {
    return this.unreadable ?? (this.refusal && formatFieldError(this.refusal))
  }

  /** Checks the members that every object has; the paths of what is unknown in its metadata. */
  meta(value: JsonObject, path: string, kind: "whole" | "embedded"): readonly string[] {
    for (const name of ["apiVersion", "kind"]) {
      const found = Object.hasOwn(value, name) ? value[name] : ""
      if (typeof found === "string") continue
      if (kind === "embedded") this.refusal ??= invalid(join(path, name), found, "must be a string")
      else {
        this.unreadable ??= `.${name} accessor error: ${goText(found)} is of the type ${goTypeName(found)}, expected string`
      }
    }
    const { metadata } = value
    if (!Object.hasOwn(value, "metadata") || metadata === null) return []
    const at = join(path, "metadata")
    const found = diagnose(ObjectMeta, metadata)
    if (found.mismatch !== undefined) {
      if (kind === "whole") this.unreadable ??= found.mismatch
      else this.refusal ??= invalid(at, metadata, found.mismatch)
    }
    return found.unknown.map((name) => `${at}.${name}`)
  }

  prune(value: unknown, schema: StructuralSchema | undefined, path: string, keeps: boolean): void {
    if (Array.isArray(value)) {
      const kept = keeps && schema?.items === undefined
      if (!kept) value.forEach((item, i) => this.prune(item, schema?.items, `${path}[${i}]`, keepsItems(schema, keeps)))
    } else if (isObject(value)) this.members(value, schema, path, keeps, schema?.embeddedResource ?? false)
  }

  members(value: JsonObject, schema: StructuralSchema | undefined, path: string, keeps: boolean, meta: boolean): void {
    for (const [name, member] of Object.entries(value)) {
      if (meta && META_MEMBERS.has(name)) continue
      const here = join(path, name)
      const property = schema?.properties.get(name)
      const others = schema?.additionalProperties
      if (property !== undefined) this.prune(member, property, here, property.preserveUnknownFields)
      else if (typeof others === "object") this.prune(member, others, here, others.preserveUnknownFields)
      else if (others !== undefined) this.prune(member, undefined, here, false)
      else if (!keeps) this.pruned.push(here)
    }
  }

  /** `path` is written as field errors are. */
  embedded(value: unknown, schema: StructuralSchema | undefined, path: string): void {
    if (schema === undefined) return
    if (Array.isArray(value)) value.forEach((item, i) => this.embedded(item, schema.items, `${path}[${i}]`))
    if (!isObject(value)) return
    if (schema.embeddedResource && path !== this.#wholeAt) this.inside.push(...this.meta(value, path, "embedded"))
    for (const [name, member] of Object.entries(value)) {
      const { additionalProperties: others } = schema
      const property = schema.properties.get(name)
      if (property !== undefined) this.embedded(member, property, join(path, name))
      else if (typeof others === "object") this.embedded(member, others, `${path}[${name}]`)
    }
  }
}

/** Below a list whose unknown members are kept they are kept too, whatever the items say. */
function keepsItems(schema: StructuralSchema | undefined, keeps: boolean): boolean {
  return keeps || (schema?.items?.preserveUnknownFields ?? false)
}

const join = (path: string, name: string) => (path === "" ? name : `${path}.${name}`)
