import { isZero } from "../decode/decoder.ts"
import type { FieldError } from "../field/error.ts"
import * as field from "../field/error.ts"
import { FieldPath } from "../field/path.ts"
import { isObject, type JsonObject } from "../patch/structure.ts"
import type { AnyStruct, TypeOf, TypeSchema, UnionRule } from "../schema/schema.ts"
import { structInside } from "../schema/struct-inside.ts"
import { type Check, checksOf } from "./field-checks.ts"

/**
 * Everything that is wrong with a value according to its schema, with the paths and messages of Kubernetes: first the
 * fields in their order, each before what it holds, then unions, then the struct's own `validate`. `value` is in its
 * in-memory form and has its defaults. The rules of `metadata` stand in `object-meta.ts`.
 */
export function validateStruct<S extends AnyStruct>(
  struct: S,
  value: TypeOf<S>,
  path: FieldPath = FieldPath.root(),
): readonly FieldError[] {
  const errors: FieldError[] = []
  if (isObject(value)) validatorOf(struct)?.validate(value, path, errors)
  return errors
}

type Hook = (value: never, path: FieldPath) => readonly FieldError[]

interface Member {
  readonly name: string
  readonly nonEmpty: boolean
  readonly checks: readonly Check[]
  readonly descend: Check | undefined
}

/** The rules of one struct. Compiled once per struct and then reused, for it runs on every write. */
class Validator {
  readonly #struct: AnyStruct
  #members: readonly Member[] | undefined
  #unions: readonly UnionRule[] = []
  #hooks: readonly Hook[] = []

  constructor(struct: AnyStruct) {
    this.#struct = struct
  }

  validate(value: JsonObject, path: FieldPath, errors: FieldError[]): void {
    for (const member of this.#members ?? this.#compile()) {
      const found = value[member.name]
      if (found === undefined || found === null) {
        if (member.nonEmpty) errors.push(field.required(path.child(member.name)))
        continue
      }
      const at = path.child(member.name)
      if (member.nonEmpty && isZero(found)) {
        errors.push(field.required(at))
        continue
      }
      for (const check of member.checks) check(found, at, errors)
      member.descend?.(found, at, errors)
    }
    for (const rule of this.#unions) checkUnion(rule, value, path, errors)
    for (const hook of this.#hooks) errors.push(...hook(value as never, path))
  }

  // Not in the constructor: a recursive struct would never end.
  #compile(): readonly Member[] {
    const parts = withInlined(this.#struct)
    this.#unions = parts.flatMap((part) => part.unions ?? []).filter((rule) => rule.discriminator === undefined)
    this.#hooks = parts.flatMap((part) => part.validate ?? [])
    this.#members = [...this.#struct.members.values()]
      .map((schema) => ({
        name: schema.name,
        nonEmpty: schema.nonEmpty,
        checks: checksOf(schema),
        descend: descendInto(schema.type()),
      }))
      .filter(({ nonEmpty, checks, descend }) => nonEmpty || checks.length > 0 || descend !== undefined)
    return this.#members
  }
}

/** The struct and those inlined in it, whose members stand in the same object. */
function withInlined(struct: AnyStruct): readonly AnyStruct[] {
  const inlined = struct.fields.flatMap((schema): readonly AnyStruct[] => {
    const type = schema.inline ? schema.type() : undefined
    return type?.type === "struct" ? withInlined(type) : []
  })
  return [struct, ...inlined]
}

function checkUnion(rule: UnionRule, value: JsonObject, path: FieldPath, errors: FieldError[]): void {
  const set = rule.members.filter((name) => value[name] !== undefined && value[name] !== null)
  const all = rule.members.map((name) => `\`${name}\``).join(", ")
  if (set.length > 1) {
    const count = rule.required ? "exactly one" : "at most one"
    errors.push(field.invalid(path, `{${set.join(", ")}}`, `must specify ${count} of: ${all}`))
  } else if (set.length === 0 && rule.required) {
    errors.push(field.invalid(path, "", `must specify one of: ${all}`))
  }
}

/** Undefined where nothing inside has a rule. */
function descendInto(type: TypeSchema): Check | undefined {
  switch (type.type) {
    case "struct": {
      const validator = validatorOf(type)
      if (validator === undefined) return undefined
      return (value, path, errors) => {
        if (isObject(value)) validator.validate(value, path, errors)
      }
    }
    case "list": {
      const descend = descendInto(type.item)
      if (descend === undefined) return undefined
      return (value, path, errors) => {
        if (Array.isArray(value)) for (const [i, item] of value.entries()) descend(item, path.index(i), errors)
      }
    }
    case "map": {
      const descend = descendInto(type.value)
      if (descend === undefined) return undefined
      return (value, path, errors) => {
        if (isObject(value)) for (const key of Object.keys(value)) descend(value[key], path.key(key), errors)
      }
    }
    default:
      return undefined
  }
}

const validators = new WeakMap<AnyStruct, Validator | null>()

/** Undefined when neither the struct nor any struct it can contain has a rule. */
function validatorOf(struct: AnyStruct): Validator | undefined {
  let validator = validators.get(struct)
  if (validator === undefined) {
    validators.set(struct, (validator = hasRules(struct, new Set()) ? new Validator(struct) : null))
  }
  return validator ?? undefined
}

function hasRules(struct: AnyStruct, seen: Set<AnyStruct>): boolean {
  if (seen.has(struct)) return false
  seen.add(struct)
  if (withInlined(struct).some((part) => part.validate !== undefined || part.unions !== undefined)) return true
  for (const schema of struct.members.values()) {
    if (schema.nonEmpty || checksOf(schema).length > 0) return true
    const inner = structInside(schema.type())
    if (inner !== undefined && hasRules(inner, seen)) return true
  }
  return false
}
