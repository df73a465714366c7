import { DecodeError, decodeValue } from "../decode/decode.ts"
import { type Diagnosis, diagnose } from "../decode/diagnose.ts"
import { formatFieldError, invalid } from "../field/error.ts"
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
  const walk = new Walk()
  if (!isObject(value)) return diagnose(ObjectMeta, value)
  const root = walk.meta(value, "", "")
  walk.members(value, schema, "", schema?.preserveUnknownFields ?? false, true)
  walk.embedded(value, schema, "")
  const unknown = [...root, ...walk.pruned.sort(compareKeys), ...walk.inside.sort(compareKeys)]
  return { mismatch: walk.mismatch, unknown: [...new Set(unknown)].slice(0, UNKNOWN_MAX) }
}

class Walk {
  mismatch: string | undefined
  readonly pruned: string[] = []
  readonly inside: string[] = []

  /** Checks the members that every object has; the paths of what is unknown in its metadata. */
  meta(value: JsonObject, path: string, schemaPath: string): readonly string[] {
    for (const name of ["apiVersion", "kind"]) {
      const found = Object.hasOwn(value, name) ? value[name] : ""
      if (typeof found === "string") continue
      const problem =
        path === "" && schemaPath === ""
          ? `.${name} accessor error: ${goText(found)} is of the type ${goTypeName(found)}, expected string`
          : formatFieldError(invalid(join(schemaPath, name), found, "must be a string"))
      this.mismatch ??= problem
    }
    const { metadata } = value
    if (!Object.hasOwn(value, "metadata") || metadata === null) return []
    const found = diagnose(ObjectMeta, metadata)
    const mismatch = found.mismatch ?? unreadable(metadata)
    if (mismatch !== undefined) {
      this.mismatch ??=
        schemaPath === "" ? mismatch : formatFieldError(invalid(join(schemaPath, "metadata"), metadata, mismatch))
    }
    return found.unknown.map((name) => `${join(schemaPath, "metadata")}.${name}`)
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
    if (schema.embeddedResource && path !== "") this.inside.push(...this.meta(value, path, path))
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

function unreadable(metadata: unknown): string | undefined {
  try {
    decodeValue(ObjectMeta, metadata)
    return undefined
  } catch (error) {
    if (error instanceof DecodeError) return error.message
    throw error
  }
}

const join = (path: string, name: string) => (path === "" ? name : `${path}.${name}`)
