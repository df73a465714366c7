import { sortedKeys } from "../json/key-order.ts"
import { deepClone, isObject, type JsonObject, setMember } from "../patch/structure.ts"
import type { StructuralSchema } from "./structural-schema.ts"

/**
 * Fills in the defaults of a structural schema, from the outside in. A null where none is allowed counts as absent.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting
 */
export function filler(schema: StructuralSchema | undefined): (value: unknown) => void {
  return (schema && compile(schema)) ?? (() => undefined)
}

type Fill = (value: unknown) => void

interface MemberFill {
  readonly schema: StructuralSchema
  readonly fill: Fill | undefined
}

/** Undefined where nothing inside has a default. */
function compile(schema: StructuralSchema): Fill | undefined {
  const { properties, additionalProperties: others, items } = schema
  const members = new Map<string, MemberFill>()
  const defaults: (readonly [string, StructuralSchema])[] = []
  for (const [name, property] of properties) {
    if (property.default !== undefined) defaults.push([name, property])
    const fill = compile(property)
    if (fill !== undefined) members.set(name, { schema: property, fill })
  }
  const other = compileInside(typeof others === "object" ? others : undefined)
  const item = compileInside(items)
  if (defaults.length === 0 && members.size === 0 && other === undefined && item === undefined) return undefined
  return (value) => {
    if (Array.isArray(value)) {
      if (item !== undefined) for (let i = 0; i < value.length; i++) value[i] = fillInside(value[i], item)
    } else if (isObject(value)) {
      fillDefaults(value, defaults)
      for (const name of Object.keys(value)) {
        const member = members.get(name)
        if (member !== undefined) member.fill?.(value[name])
        else if (other !== undefined && !properties.has(name)) setMember(value, name, fillInside(value[name], other))
      }
    }
  }
}

function compileInside(schema: StructuralSchema | undefined): MemberFill | undefined {
  if (schema === undefined) return undefined
  const fill = compile(schema)
  return fill === undefined && schema.default === undefined ? undefined : { schema, fill }
}

function fillInside(value: unknown, { schema, fill }: MemberFill): unknown {
  const filled = value === null && !schema.nullable && schema.default !== undefined ? deepClone(schema.default) : value
  fill?.(filled)
  return filled
}

function fillDefaults(object: JsonObject, defaults: readonly (readonly [string, StructuralSchema])[]): void {
  let added = false
  for (const [name, schema] of defaults) {
    const found = Object.hasOwn(object, name) ? object[name] : undefined
    if (found !== undefined && (found !== null || schema.nullable)) continue
    added ||= found === undefined
    setMember(object, name, deepClone(schema.default))
  }
  if (added) sortMembers(object)
}

/** With one order of members, equal objects have equal bytes. */
function sortMembers(object: JsonObject): void {
  const keys = sortedKeys(object)
  const members = Object.entries(object)
  if (members.every(([name], index) => name === keys[index])) return
  const values = new Map(members)
  for (const [name] of members) delete object[name]
  for (const name of keys) setMember(object, name, values.get(name))
}
