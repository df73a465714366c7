import { compareKeys } from "../json/key-order.ts"
import { JsonPathError, type Node, type Path } from "./parse.ts"

/** Every value at a path, in order; none where something on the way is missing. Throws `JsonPathError`. */
export function findByPath(path: Path, value: unknown): readonly unknown[] {
  let found: readonly unknown[] = [value]
  for (const node of path) found = step(node, found)
  return found
}

function step(node: Node, values: readonly unknown[]): readonly unknown[] {
  switch (node.type) {
    case "field":
      return values.flatMap((value) => (isRecord(value) && Object.hasOwn(value, node.name) ? [value[node.name]] : []))
    case "wildcard":
      return values.flatMap(childrenOf)
    case "recursive":
      return values.flatMap(withDescendants)
    case "slice":
      return values.flatMap((value) => sliceOf(node, value))
    case "union":
      return node.paths.flatMap((path) => values.flatMap((value) => findByPath(path, value)))
    case "filter":
      return values.flatMap((value) => listOf(value, "and cannot be filtered").filter((item) => passes(node, item)))
    case "literal":
      return values.map(() => node.value)
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function childrenOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (!isRecord(value)) return []
  // Kubernetes has no order here; ours is at least the same each time.
  return Object.keys(value)
    .sort(compareKeys)
    .map((key) => value[key])
}

function withDescendants(value: unknown): readonly unknown[] {
  const children = childrenOf(value)
  return children.length === 0 ? [] : [value, ...children.flatMap(withDescendants)]
}

function listOf(value: unknown, consequence = ""): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new JsonPathError(`${typeof value} is not array or slice ${consequence}`.trim())
}

function sliceOf({ from, to, step: every }: Extract<Node, { type: "slice" }>, value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return []
  const list = listOf(value)
  const { length } = list
  const start = (from ?? 0) < 0 ? (from ?? 0) + length : (from ?? 0)
  let end = to?.index ?? length
  if (end < 0 || (end === 0 && to?.derived)) end += length
  if (start === end) return []
  if (start >= length || start < 0 || end > length || end < 0) throw new JsonPathError("array index out of bounds")
  if (start > end) throw new JsonPathError(`starting index ${start} is greater than ending index ${end}`)
  if (every !== undefined && every <= 0) throw new JsonPathError("step must be > 0")
  return list.slice(start, end).filter((_item, index) => index % (every ?? 1) === 0)
}

function passes({ left, operator, right }: Extract<Node, { type: "filter" }>, item: unknown): boolean {
  if (operator === "exists") return exists(left, item)
  const [a, ...moreLeft] = findByPath(left, item)
  const [b, ...moreRight] = findByPath(right, item)
  if (moreLeft.length > 0 || moreRight.length > 0) throw new JsonPathError("can only compare one element at a time")
  if (a === undefined || b === undefined) return false
  return compare(operator, a, b)
}

function exists(path: Path, item: unknown): boolean {
  try {
    return findByPath(path, item).length > 0
  } catch (error) {
    if (error instanceof JsonPathError) return false
    throw error
  }
}

function compare(operator: string, a: unknown, b: unknown): boolean {
  if (typeof a !== typeof b || typeof a === "object") throw new JsonPathError("incompatible types for comparison")
  if (operator === "==") return a === b
  if (operator === "!=") return a !== b
  if (typeof a === "boolean") throw new JsonPathError("invalid type for comparison")
  const order = typeof a === "string" ? compareKeys(a, b as string) : (a as number) - (b as number)
  switch (operator) {
    case "<":
      return order < 0
    case "<=":
      return order <= 0
    case ">":
      return order > 0
    case ">=":
      return order >= 0
    default:
      throw new JsonPathError(`unrecognized filter operator ${operator}`)
  }
}
