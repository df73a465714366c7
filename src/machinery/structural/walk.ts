import type { FieldError } from "../field/error.ts"
import type { FieldPath } from "../field/path.ts"
import { isObject } from "../patch/structure.ts"
import type { StructuralSchema } from "./structural-schema.ts"

/** A rule of some places in a schema, for the values there. */
export type PlaceRule = (value: unknown, path: FieldPath, errors: FieldError[]) => void

/**
 * One pass over a value for a rule that few places of a schema have: `ruleOf` says which, and what it is. Undefined when
 * no place has one, so that nothing is walked through in vain. A place's rule comes before those inside it.
 */
export function compilePass(
  schema: StructuralSchema,
  ruleOf: (schema: StructuralSchema) => PlaceRule | undefined,
): PlaceRule | undefined {
  const { properties, additionalProperties: others, items } = schema
  const own = ruleOf(schema)
  const members = new Map<string, PlaceRule>()
  for (const [name, property] of properties) {
    const rule = compilePass(property, ruleOf)
    if (rule !== undefined) members.set(name, rule)
  }
  const other = typeof others === "object" ? compilePass(others, ruleOf) : undefined
  const item = items === undefined ? undefined : compilePass(items, ruleOf)
  if (own === undefined && members.size === 0 && other === undefined && item === undefined) return undefined
  return (value, path, errors) => {
    own?.(value, path, errors)
    if (Array.isArray(value)) {
      if (item !== undefined) for (let i = 0; i < value.length; i++) item(value[i], path.index(i), errors)
    } else if (isObject(value) && (members.size > 0 || other !== undefined)) {
      for (const name in value) {
        const member = members.get(name)
        if (member !== undefined) member(value[name], path.child(name), errors)
        else if (other !== undefined && !properties.has(name)) other(value[name], path.key(name), errors)
      }
    }
  }
}
