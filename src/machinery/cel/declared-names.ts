import type { FunctionDeclaration, OverloadDeclaration, TypeProvider, VariableDeclaration } from "./declarations.ts"
import { type CelType, intType, typeOfType } from "./types.ts"
import type { CelValue } from "./value.ts"
import { typeOf } from "./values/type-of.ts"
import { wellKnownTypeProvider } from "./well-known-types.ts"

/** What a name stands for. */
export interface DeclaredName {
  /** In full, with its namespace. */
  readonly name: string
  readonly type: CelType
  /** Set for constants and types, which are the same in all evaluations. */
  readonly value?: CelValue
}

/** A function with all its overloads. */
export interface DeclaredFunction {
  readonly name: string
  readonly overloads: readonly OverloadDeclaration[]
}

/** All that an environment declares. Immutable. */
export class DeclaredNames {
  readonly container: string
  readonly #variables: ReadonlyMap<string, CelType>
  readonly #types: ReadonlyMap<string, CelType>
  readonly #functions: ReadonlyMap<string, DeclaredFunction>
  readonly #providers: readonly TypeProvider[]

  /** Throws when two overloads of a function have one id but are not the same. */
  constructor(parts: {
    readonly container: string
    readonly variables: readonly VariableDeclaration[]
    readonly types: readonly CelType[]
    readonly functions: readonly FunctionDeclaration[]
    readonly providers: readonly TypeProvider[]
  }) {
    this.container = parts.container
    this.#variables = new Map(parts.variables.map(({ name, type }) => [name, type]))
    this.#types = new Map(parts.types.map((type) => [type.name, type]))
    this.#functions = mergeFunctions(parts.functions)
    this.#providers = [...parts.providers, wellKnownTypeProvider]
  }

  /** The names that this one may mean, the innermost namespace first. A leading dot means the name as it is. */
  candidates(name: string): readonly string[] {
    if (name.startsWith(".")) return [name.slice(1)]
    if (this.container === "") return [name]
    const parts = this.container.split(".")
    return [...parts.map((_, i) => `${parts.slice(0, parts.length - i).join(".")}.${name}`), name]
  }

  /** By its full name. */
  find(name: string): DeclaredName | undefined {
    const variable = this.#variables.get(name)
    if (variable !== undefined) return { name, type: variable }
    const type = this.findType(name)
    if (type !== undefined) return { name, type: typeOfType(type), value: type }
    for (const provider of this.#providers) {
      const constant = provider.findConstant?.(name)
      if (constant !== undefined)
        return { name, type: typeof constant === "bigint" ? intType : typeOf(constant), value: constant }
    }
    return undefined
  }

  findType(name: string): CelType | undefined {
    const found = this.#types.get(name)
    if (found !== undefined) return found
    for (const provider of this.#providers) {
      const type = provider.findType(name)
      if (type !== undefined) return type
    }
    return undefined
  }

  /** The provider that knows this type's fields. */
  providerOf(typeName: string): TypeProvider | undefined {
    return this.#providers.find((provider) => provider.findType(typeName) !== undefined)
  }

  findFunction(name: string): DeclaredFunction | undefined {
    for (const candidate of this.candidates(name)) {
      const found = this.#functions.get(candidate)
      if (found !== undefined) return found
    }
    return undefined
  }
}

function mergeFunctions(declarations: readonly FunctionDeclaration[]): ReadonlyMap<string, DeclaredFunction> {
  const functions = new Map<string, Map<string, OverloadDeclaration>>()
  for (const { name, overloads } of declarations) {
    const known = functions.get(name) ?? new Map<string, OverloadDeclaration>()
    for (const overload of overloads) {
      const same = known.get(overload.id)
      if (same !== undefined && !sameSignature(same, overload)) {
        throw new TypeError(`overload ${overload.id} of ${name} is declared twice, with different types`)
      }
      known.set(overload.id, overload)
    }
    functions.set(name, known)
  }
  return new Map(Array.from(functions, ([name, overloads]) => [name, { name, overloads: [...overloads.values()] }]))
}

function sameSignature(a: OverloadDeclaration, b: OverloadDeclaration): boolean {
  if ((a.receiver ?? false) !== (b.receiver ?? false) || a.arguments.length !== b.arguments.length) return false
  return a.arguments.every((type, i) => b.arguments[i]?.equals(type) === true)
}
