import { isObject, type JsonObject } from "../patch/structure.ts"
import { isUnchanged, NO_OLD, oldItemsOf, oldMemberOf } from "./correlate.ts"
import { compileJunctors } from "./junctors.ts"
import { compileNumbers } from "./number-checks.ts"
import type { SchemaSource } from "./schema-source.ts"
import {
  type Check,
  compileEnum,
  compileFormat,
  compileItemCounts,
  compileMemberCounts,
  compileText,
  compileType,
  jsonTypeOf,
  typesOf,
} from "./value-checks.ts"
import { itemOf, memberOf, type Place, type ValueReport } from "./value-report.ts"

/**
 * The rules of a schema for a value and all that is inside it, compiled to closures: each part on its first use, because
 * a definition can have thousands of members of which an object has a few. The order of errors is Kubernetes'.
 */
export interface ValueCheck {
  /**
   * `old` is the value's earlier state, `NO_OLD` where there is none. What is wrong with a value that did not change is
   * not reported. Returns how much was right.
   */
  (value: unknown, place: Place | undefined, report: ValueReport, old: unknown): number
}

export interface ValueOptions {
  /** The schema is of a whole object, or its status, whose kind and apiVersion are always checked. */
  readonly isRoot?: boolean
  /** The values are defaults; see `typesOf`. */
  readonly asWritten?: boolean
}

export function compileValues(source: SchemaSource, options: ValueOptions = {}): ValueCheck {
  let check: ValueCheck | undefined
  return (value, place, report, old) => (check ??= compileNode(source, options))(value, place, report, old)
}

function compileNode(source: SchemaSource, { isRoot = false, asWritten = false }: ValueOptions): ValueCheck {
  const types = typesOf(source, asWritten)
  const inside = { asWritten }
  const typeNames = types.all.join(",")
  const checkType = compileType(types)
  const checkEnum = compileEnum(source.enum)
  const junctors = compileJunctors(source, inside)
  const text = compileText(source)
  const format = compileFormat(types.format)
  const numbers = compileNumbers(source, types)
  const list = compileList(source, inside)
  const object = compileObject(source, isRoot, inside)

  const checkNull: Check = (value, place, report) => {
    const fits = types.all.length === 0 || source.nullable === true
    if (!fits) report.wrongType(place, typeNames, "null")
    checkEnum?.(value, place, report)
    return fits ? 1 : 0
  }
  const checkValue: ValueCheck = (value, place, report, old) => {
    const type = jsonTypeOf(value)
    let right = 1
    const problem = checkType?.(type)
    if (problem !== undefined) report.wrongType(place, problem.wanted, problem.found)
    if (checkType !== undefined) right += problem === undefined ? 2 : 1
    right += junctors(value, place, report) + 1
    if (type === "string") {
      right += text(value, place, report) + 1
      if (format !== undefined) right += format(value, place, report) + 1
    } else if (type === "integer" || type === "number") right += numbers(value, place, report) + 1
    else if (type === "array") right += list(value as readonly unknown[], place, report, old) + 1
    checkEnum?.(value, place, report)
    if (type === "object" && isObject(value)) right += object(value, place, report, old) + 1
    return right + 1
  }
  return (value, place, report, old) => {
    const before = report.size
    const right = value === null ? checkNull(value, place, report) : checkValue(value, place, report, old)
    if (report.size > before && old !== NO_OLD && isUnchanged(source, value, old)) report.shrink(before)
    return right
  }
}

type Inside<V> = (value: V, place: Place | undefined, report: ValueReport, old: unknown) => number

function compileList(source: SchemaSource, inside: ValueOptions): Inside<readonly unknown[]> {
  const counts = compileItemCounts(source)
  const { items } = source
  const item = items === undefined || Array.isArray(items) ? undefined : compileValues(items as SchemaSource, inside)
  return (list, place, report, old) => {
    let right = 1
    if (item !== undefined) {
      const olds = oldItemsOf(source, list, old)
      for (let i = 0; i < list.length; i++) {
        right += item(list[i], itemOf(place, i), report, olds === undefined ? NO_OLD : olds[i])
      }
    }
    counts(list, place, report)
    return right
  }
}

const COMMON_TEXTS: ReadonlySet<string> = new Set(["apiVersion", "kind"])

function compileObject(source: SchemaSource, isRoot: boolean, inside: ValueOptions): Inside<JsonObject> {
  const counts = compileMemberCounts(source)
  const { properties = {}, additionalProperties: others, required = [] } = source
  const members = new Map(Object.entries(properties).map(([name, one]) => [name, compileValues(one, inside)]))
  const other = typeof others === "object" ? compileValues(others, inside) : undefined
  const oldOf = (name: string, old: unknown) =>
    old === NO_OLD || (isRoot && COMMON_TEXTS.has(name)) ? NO_OLD : oldMemberOf(name, old)
  return (object, place, report, old) => {
    let right = 0
    counts(object, place, report)
    for (const name in object) {
      const check = members.get(name)
      if (check !== undefined) right += check(object[name], memberOf(place, name), report, oldOf(name, old))
      else if (others === false) report.forbiddenMember(place, name)
      else if (other !== undefined) {
        right += other(object[name], { parent: place, step: `.${name}` }, report, oldOf(name, old))
      }
    }
    for (const name of required) if (!Object.hasOwn(object, name)) report.required(place, name)
    return right
  }
}
