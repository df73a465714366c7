import { createRequire } from "node:module"

const require = createRequire(import.meta.url)

/**
 * Loads a CommonJS package, or a module of Node's, when it is first asked for: most processes never need the large ones,
 * and every process should start fast.
 */
export function onFirstUse<T>(name: string): () => T {
  let loaded: T | undefined
  return () => (loaded ??= require(name) as T)
}

/**
 * Node's own. An `import` of it by name evaluates all that it exports, and one of those loads a whole other HTTP client,
 * which takes longer than most of our modules together.
 */
export const http = onFirstUse<typeof import("node:http")>("node:http")
