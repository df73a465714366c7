import type { Policy } from "./policy.ts"

/** What holds for namespaces without labels, and for whom nothing holds. */
export interface PodSecuritySettings {
  readonly defaults: Policy
  readonly exempt: {
    readonly usernames: readonly string[]
    readonly namespaces: readonly string[]
    readonly runtimeClasses: readonly string[]
  }
}
