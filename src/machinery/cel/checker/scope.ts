import type { DeclaredName, DeclaredNames } from "../declared-names.ts"
import type { CelType } from "../types.ts"

/** The variables of comprehensions around a part of an expression, and behind them what the environment declares. */
export class Scope {
  readonly #names: DeclaredNames
  readonly #outer: Scope | undefined
  readonly #variables: ReadonlyMap<string, CelType>

  constructor(names: DeclaredNames, outer?: Scope, variables: ReadonlyMap<string, CelType> = new Map()) {
    this.#names = names
    this.#outer = outer
    this.#variables = variables
  }

  with(...variables: readonly (readonly [name: string, type: CelType])[]): Scope {
    return new Scope(this.#names, this, new Map(variables))
  }

  find(name: string): DeclaredName | undefined {
    for (const candidate of this.#names.candidates(name)) {
      const type = this.#variable(candidate)
      const found = type === undefined ? this.#names.find(candidate) : { name: candidate, type }
      if (found !== undefined) return found
    }
    return undefined
  }

  #variable(name: string): CelType | undefined {
    return this.#variables.get(name) ?? (this.#outer === undefined ? undefined : this.#outer.#variable(name))
  }
}
