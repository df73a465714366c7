import type { Invariant } from "../invariant.ts"
import { bindings } from "./bindings.ts"
import { budgets } from "./budgets.ts"
import { converged } from "./converged.ts"
import { endpoints } from "./endpoints.ts"
import { jobs } from "./jobs.ts"
import { livesOfPods } from "./lives-of-pods.ts"
import { owners } from "./owners.ts"
import { quotas } from "./quotas.ts"
import { rollouts } from "./rollouts.ts"
import { statefulSets } from "./stateful-sets.ts"

/** The rules of one simulation. */
export function allInvariants(): Invariant[] {
  return [
    livesOfPods(),
    bindings(),
    quotas(),
    budgets(),
    rollouts(),
    statefulSets(),
    jobs(),
    owners(),
    endpoints(),
    converged(),
  ]
}
