import { createRequire } from "node:module"

/**
 * Loads a package, a module of Node's or one of ours when it is first asked for: most processes never need the large
 * ones, and every process should start fast. `from`: the `import.meta.url` of the file that a relative name starts from.
 */
export function onFirstUse<T>(name: string, from: string = import.meta.url): () => T {
  let loaded: T | undefined
  return () => (loaded ??= createRequire(from)(name) as T)
}

/**
 * Node's own. An `import` of it by name evaluates all that it exports, and one of those loads a whole other HTTP client,
 * which takes longer than most of our modules together.
 */
export const http = onFirstUse<typeof import("node:http")>("node:http")

/** The functions of a module; others of its exports are left out. */
type FunctionsOf<M> = { readonly [K in keyof M as M[K] extends (...args: never) => unknown ? K : never]: M[K] }

/** The functions of one of our modules, which is loaded when one of them is first called. As `onFirstUse` otherwise. */
export function onFirstCall<M extends object>(name: string, from: string): FunctionsOf<M> {
  const load = onFirstUse<Record<string | symbol, (...args: unknown[]) => unknown>>(name, from)
  const call =
    (key: string | symbol) =>
    (...args: unknown[]) =>
      load()[key]?.(...args)
  return new Proxy({}, { get: (_, key) => call(key) }) as FunctionsOf<M>
}
