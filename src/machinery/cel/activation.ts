import type { CelResult, CelValue } from "./value.ts"

/** Where an evaluation finds its variables. Each is asked for when it is first needed, and once per evaluation at most. */
export interface Activation {
  /** Undefined when there is no such variable. An error as value ends whatever needs it. */
  resolve(name: string): CelResult | undefined
}

/** From values, or from functions that make them when they are first asked for. Functions are called once. */
export function activationOf(variables: Iterable<readonly [string, CelValue | (() => CelResult)]>): Activation {
  const values = new Map<string, CelResult | (() => CelResult)>(variables)
  return {
    resolve(name) {
      const found = values.get(name)
      if (typeof found !== "function") return found
      const made = found()
      values.set(name, made)
      return made
    },
  }
}

export const emptyActivation: Activation = { resolve: () => undefined }
