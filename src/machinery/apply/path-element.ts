import { quote } from "../field/quote.ts"
import { compareKeys, sortedKeys } from "../json/key-order.ts"
import { parseJson } from "../json/parse.ts"
import { isObject, type JsonObject } from "../patch/structure.ts"

/**
 * One step on the way to a field, in the form that `fieldsV1` gives it: `f:name` for a member, `k:{"name":"a"}` for the
 * item of a keyed list, `v:"a"` for the item of a set, `i:0` for a place in a list. Equal steps are equal texts.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export type PathElement = string

export const fieldElement = (name: string): PathElement => `f:${name}`
export const valueElement = (value: unknown): PathElement => `v:${goJson(value)}`

/** `keys` in ascending order; those that the item lacks are left out. */
export function keyElement(keys: readonly (readonly [name: string, value: unknown])[]): PathElement {
  let text = "k:{"
  for (const [name, value] of keys) text += `${text.length > 3 ? "," : ""}${goJson(name)}:${goJson(value)}`
  return `${text}}`
}

/** Most names and values need no escape. */
const PLAIN = /^[\w ./:@-]*$/

/** JSON as Go writes it, which escapes what could end an HTML script. */
function goJson(value: unknown): string {
  if (typeof value === "number") return String(value)
  if (typeof value === "string" && PLAIN.test(value)) return `"${value}"`
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
}

/** A step as some client wrote it, in our spelling. Undefined for kinds of steps that nobody knows yet. */
export function readElement(text: string): PathElement | undefined {
  switch (text.slice(0, 2)) {
    case "f:":
      return text
    case "v:":
      return valueElement(parseJson(text.slice(2)).value)
    case "k:": {
      const { value } = parseJson(text.slice(2))
      if (!isObject(value)) throw new SyntaxError(`${quote(text)} names no keys`)
      return keyElement(sortedKeys(value).map((name) => [name, value[name]]))
    }
    case "i:":
      if (!/^i:-?[0-9]+$/.test(text)) throw new SyntaxError(`${quote(text)} names no index`)
      return text
    default:
      if (text.length < 2) throw new SyntaxError("key must be 2 characters long:")
      if (text[1] !== ":") throw new SyntaxError(`missing colon: ${text}`)
      return undefined
  }
}

/** The member's name when the step is one. */
export function fieldName(element: PathElement): string | undefined {
  return element.startsWith("f:") ? element.slice(2) : undefined
}

/** As messages show it: `.spec`, `[name="a"]`, `[="x"]`, `[0]`. */
export function elementText(element: PathElement): string {
  const content = element.slice(2)
  switch (element[0]) {
    case "f":
      return `.${content}`
    case "v":
      return `[=${valueText(parseJson(content).value)}]`
    case "k": {
      const keys = parseJson(content).value as JsonObject
      const texts = Object.keys(keys).map((name) => `${name}=${valueText(keys[name])}`)
      return `[${texts.join(",")}]`
    }
    default:
      return `[${content}]`
  }
}

function valueText(value: unknown): string {
  return typeof value === "string" ? quote(value) : String(value)
}

const RANKS = "fkvi"
/** One key with a text that stands there as it is: most items of lists. Quotes come before all it holds. */
const SIMPLE_KEY = /^k:\{"\w+":"[\w./:@-]*"\}$/

/** The order of steps in `fieldsV1`: members, keys, values, indexes. */
export function compareElements(a: PathElement, b: PathElement): number {
  if (a === b) return 0
  const byKind = RANKS.indexOf(a[0] ?? "") - RANKS.indexOf(b[0] ?? "")
  if (byKind !== 0) return byKind
  if (a[0] === "f") return compareKeys(a, b)
  if (SIMPLE_KEY.test(a) && SIMPLE_KEY.test(b)) return a < b ? -1 : 1
  const [left, right] = [parseJson(a.slice(2)).value, parseJson(b.slice(2)).value]
  return isObject(left) && isObject(right) ? compareKeyLists(left, right) : compareScalars(left, right)
}

function compareKeyLists(left: JsonObject, right: JsonObject): number {
  const [leftNames, rightNames] = [Object.keys(left), Object.keys(right)]
  for (const [i, name] of leftNames.entries()) {
    const other = rightNames[i]
    if (other === undefined) return 1
    const order = compareKeys(name, other) || compareScalars(left[name], right[other])
    if (order !== 0) return order
  }
  return leftNames.length - rightNames.length
}

/** Numbers before texts before booleans. */
function compareScalars(left: unknown, right: unknown): number {
  const rank = (value: unknown) => (typeof value === "string" ? 1 : typeof value === "boolean" ? 2 : 0)
  const byRank = rank(left) - rank(right)
  if (byRank !== 0) return byRank
  return typeof left === "string" && typeof right === "string" ? compareKeys(left, right) : Number(left) - Number(right)
}
