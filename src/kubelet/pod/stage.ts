import type { Ending } from "./ending.ts"

/**
 * Where a pod is in its life on the node.
 *
 * ```
 *   running ──deleted, completed, past its deadline, rejected, orphaned──▶ ending ──▶ ended ──pod deleted──▶ gone
 * ```
 */
export type Stage =
  | { readonly name: "running" }
  | { readonly name: "ending"; readonly ending: Ending }
  | { readonly name: "ended" }
  | { readonly name: "gone" }
