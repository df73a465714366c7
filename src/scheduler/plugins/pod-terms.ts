import type { Pod } from "../../api/core/v1/pod.ts"
import type { AffinityTerm, TermRole } from "../counts/affinity-terms.ts"
import type { ClusterView } from "../framework.ts"
import { placed } from "../node-state.ts"

export type Namespaces = Pick<ClusterView, "namespaceLabels">

export const ownTerms = (pod: Pod, role: TermRole): readonly AffinityTerm[] =>
  placed(pod).terms.filter((term) => term.role === role)

/** False without any term. */
export const matchesAll = (terms: readonly AffinityTerm[], pod: Pod, { namespaceLabels }: Namespaces): boolean =>
  terms.length > 0 && terms.every((term) => term.matches(pod, namespaceLabels))
