import type { Pod } from "../../api/core/v1/pod.ts"
import { isStaticPod } from "../static-pods/static-pod.ts"

/** Priorities from here on are `system-cluster-critical` and above: the cluster does not work without such pods. */
const criticalPriority = 2_000_000_000

export function isCritical(pod: Pod): boolean {
  return isStaticPod(pod) || (pod.spec.priority ?? 0) >= criticalPriority
}
