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
