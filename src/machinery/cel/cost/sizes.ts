import type { CelAst, Expression } from "../ast.ts"
import { ACCUMULATOR } from "../ast.ts"
import { type CelType, dynType, isOptionalType, parameterOf } from "../types.ts"
import { costSize } from "../values/size.ts"
import { type CostEstimator, type CostNode, fixed, type SizeEstimate, union, unknownSize } from "./estimate.ts"

/** The sizes of the keys (or indices) and values of a list or map. */
export interface EntrySize {
  readonly container: "list" | "map"
  readonly key: SizeEstimate
  readonly value: SizeEstimate
}

/** What is known of a variable of a comprehension. */
export interface LocalVariable {
  readonly path: readonly string[]
  readonly size: SizeEstimate | undefined
  readonly entrySize: EntrySize | undefined
}

/** What the walk over an expression has found out about sizes, and where values come from. */
export class Sizes {
  readonly #ast: CelAst
  readonly #estimator: CostEstimator
  readonly #locals = new Map<string, LocalVariable[]>()
  readonly #paths = new Map<number, readonly string[]>()
  readonly #sizes = new Map<number, SizeEstimate>()
  readonly #entrySizes = new Map<number, EntrySize>()

  constructor(ast: CelAst, estimator: CostEstimator) {
    this.#ast = ast
    this.#estimator = estimator
  }

  type(expression: Expression): CelType {
    return this.#ast.types.get(expression.id) ?? dynType
  }

  push(name: string, variable: LocalVariable): void {
    const known = this.#locals.get(name)
    if (known === undefined) this.#locals.set(name, [variable])
    else known.push(variable)
  }

  pop(name: string): void {
    this.#locals.get(name)?.pop()
  }

  local(name: string): LocalVariable | undefined {
    return this.#locals.get(name)?.at(-1)
  }

  path(expression: Expression): readonly string[] {
    const local = expression.kind === "identifier" ? this.local(expression.name) : undefined
    return local?.path ?? this.#paths.get(expression.id) ?? []
  }

  setPath(expression: Expression, path: readonly string[]): void {
    this.#paths.set(expression.id, path)
  }

  setSize(expression: Expression, size: SizeEstimate | undefined): void {
    if (size !== undefined) this.#sizes.set(expression.id, size)
  }

  setEntrySize(expression: Expression, size: EntrySize | undefined): void {
    if (size !== undefined) this.#entrySizes.set(expression.id, size)
  }

  copy(to: Expression, from: Expression): void {
    this.setSize(to, this.size(from))
    this.setEntrySize(to, this.entrySize(from))
  }

  /** Undefined when nobody knows. */
  size(expression: Expression): SizeEstimate | undefined {
    const known = this.#sizes.get(expression.id) ?? literalSize(expression)
    if (known !== undefined) return known
    const node = { path: this.path(expression), type: this.type(expression), expression, computedSize: undefined }
    const estimated = this.#estimator.estimateSize(node)
    if (estimated !== undefined) {
      this.#sizes.set(expression.id, estimated)
      return estimated
    }
    if (isScalar(this.type(expression))) return fixed(1)
    return expression.kind === "identifier" ? this.local(expression.name)?.size : undefined
  }

  sizeOrUnknown(expression: Expression): SizeEstimate {
    return this.size(expression) ?? unknownSize
  }

  entrySize(expression: Expression): EntrySize | undefined {
    const known = this.#entrySizes.get(expression.id)
    if (known !== undefined || expression.kind !== "identifier") return known
    return this.local(expression.name)?.entrySize
  }

  node(expression: Expression): CostNode {
    const path = this.path(expression)
    return {
      path: path[0] === ACCUMULATOR || path.length === 0 ? undefined : path,
      type: this.type(expression),
      expression,
      computedSize: this.size(expression),
    }
  }
}

export function unionOfEntries(a: EntrySize | undefined, b: EntrySize | undefined): EntrySize | undefined {
  if (a === undefined || b === undefined) return undefined
  return { container: a.container, key: union(a.key, b.key), value: union(a.value, b.value) }
}

function literalSize(expression: Expression): SizeEstimate | undefined {
  if (expression.kind === "literal") return fixed(costSize(expression.value))
  if (expression.kind === "list") return fixed(expression.elements.length)
  return expression.kind === "map" ? fixed(expression.entries.length) : undefined
}

/** Whether all values of the type have the same size. */
function isScalar(type: CelType): boolean {
  switch (type.kind) {
    case "bool":
    case "double":
    case "duration":
    case "int":
    case "timestamp":
    case "uint":
      return true
    default:
      return isOptionalType(type) && isScalar(parameterOf(type, 0))
  }
}
