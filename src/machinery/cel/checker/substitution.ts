import { type CelType, dynType, isDynamic, nullType, parameterOf, CelType as Type } from "../types.ts"

/**
 * What type parameters stand for, found out while an expression is checked: unification as cel-go does it. What a failed
 * attempt found out is forgotten.
 */
export class Substitution {
  readonly #found = new Map<string, CelType>()
  /** What entries were before, so that an attempt can be undone. */
  readonly #journal: { readonly name: string; readonly before: CelType | undefined }[] = []

  /** Whether a value of the type `from` can be where `to` is expected; keeps what that says about type parameters. */
  assignable(to: CelType, from: CelType): boolean {
    return this.#attempt(() => this.#assignable(to, from))
  }

  assignableAll(to: readonly CelType[], from: readonly CelType[]): boolean {
    return this.#attempt(() => this.#assignableAll(to, from))
  }

  /** The type with all parameters replaced that are known; those that are not become dyn when asked to. */
  apply(type: CelType, unknownToDyn = false): CelType {
    if (!type.generic) return type
    if (type.kind === "parameter") {
      const found = this.#found.get(type.name)
      if (found !== undefined) return this.apply(found, unknownToDyn)
      return unknownToDyn ? dynType : type
    }
    const parameters = type.parameters.map((parameter) => this.apply(parameter, unknownToDyn))
    return new Type(type.kind, type.name, parameters, type.nullable)
  }

  #attempt(check: () => boolean): boolean {
    const mark = this.#journal.length
    if (check()) return true
    while (this.#journal.length > mark) {
      const entry = this.#journal.pop()
      if (entry?.before === undefined) this.#found.delete(entry?.name ?? "")
      else this.#found.set(entry.name, entry.before)
    }
    return false
  }

  #set(name: string, type: CelType): void {
    this.#journal.push({ name, before: this.#found.get(name) })
    this.#found.set(name, type)
  }

  #assignable(a: CelType, b: CelType): boolean {
    if (b.kind === "parameter") {
      const { valid, known } = this.#substitutes(a, b)
      if (valid) return true
      if (known) return false
    }
    if (a.kind === "parameter") return this.#substitutes(b, a).valid
    if (isDynamic(a) || isDynamic(b) || a.kind === "error" || b.kind === "error") return true
    if (a.kind === "null") return acceptsNull(b)
    if (b.kind === "null") return acceptsNull(a)
    switch (a.kind) {
      case "type":
        return b.kind === "type"
      case "opaque":
      case "list":
      case "map":
        return a.kind === b.kind && a.name === b.name && this.#assignableAll(a.parameters, b.parameters)
      default:
        return a.kind === b.kind && a.name === b.name
    }
  }

  #assignableAll(a: readonly CelType[], b: readonly CelType[]): boolean {
    return a.length === b.length && a.every((type, i) => this.#assignable(type, b[i] ?? dynType))
  }

  /** Whether the parameter can stand for the type, and whether it stood for one already. */
  #substitutes(type: CelType, parameter: CelType): { valid: boolean; known: boolean } {
    if (type.kind === "parameter" && type.name === parameter.name) return { valid: true, known: true }
    const known = this.#found.get(parameter.name)
    if (known === undefined) {
      if (!this.#free(parameter, type)) return { valid: false, known: false }
      this.#set(parameter.name, type)
      return { valid: true, known: false }
    }
    if (type.equals(known)) return { valid: true, known: true }
    if (!this.#assignable(type, known)) return { valid: false, known: true }
    const general = mostGeneral(type, known)
    if (this.#free(parameter, general)) this.#set(parameter.name, general)
    return { valid: true, known: true }
  }

  /** Whether the parameter is nowhere in the type, so that it can stand for it. */
  #free(parameter: CelType, within: CelType): boolean {
    if (!within.generic) return true
    if (within.kind !== "parameter") return within.parameters.every((part) => this.#free(parameter, part))
    if (within.name === parameter.name) return false
    const found = this.#found.get(within.name)
    return found === undefined || this.#free(parameter, found)
  }
}

function acceptsNull(type: CelType): boolean {
  if (type.nullable || type === nullType || type.kind === "null") return true
  return type.kind === "opaque" || type.kind === "object" || type.kind === "timestamp" || type.kind === "duration"
}

/** The more general of two types that are assignable to each other. */
export function mostGeneral(a: CelType, b: CelType): CelType {
  return lessSpecific(a, b) ? a : b
}

function lessSpecific(a: CelType, b: CelType): boolean {
  if (isDynamic(a) || a.kind === "parameter") return true
  if (isDynamic(b) || b.kind === "parameter") return false
  if (a.kind !== b.kind) return false
  switch (a.kind) {
    case "opaque":
      return (
        a.name === b.name &&
        a.parameters.length === b.parameters.length &&
        a.parameters.every((parameter, i) => lessSpecific(parameter, parameterOf(b, i)))
      )
    case "list":
      return lessSpecific(parameterOf(a, 0), parameterOf(b, 0))
    case "map":
      return lessSpecific(parameterOf(a, 0), parameterOf(b, 0)) && lessSpecific(parameterOf(a, 1), parameterOf(b, 1))
    case "type":
      return true
    default:
      // Whether null is allowed makes no difference to cel-go.
      return a.name === b.name
  }
}
