import type { ReplicaSet } from "../api/apps/v1/replica-set.ts"
import type { Pod } from "../api/core/v1/pod.ts"
import type { ReplicationController } from "../api/core/v1/replication-controller.ts"
import type { Service } from "../api/core/v1/service.ts"
import type { Informer } from "../client/informer.ts"
import { compileLabelSelector, type LabelSelector, selectLabels } from "../machinery/selectors/label-selector.ts"

export interface Workloads {
  readonly services: Informer<Service>
  readonly replicaSets: Informer<ReplicaSet>
  readonly controllers: Informer<ReplicationController>
}

/**
 * Which labels the other pods have that do the same work: those of the services that select the pod and of the workload
 * that made it. Undefined when there is neither.
 */
export function siblingsOf(pod: Pod, { services, replicaSets, controllers }: Workloads) {
  const { namespace, labels = {}, ownerReferences } = pod.metadata
  const selectors: LabelSelector[] = []
  for (const { spec } of services.list(namespace)) {
    if (spec.selector === undefined || Object.keys(spec.selector).length === 0) continue
    const selector = selectLabels(spec.selector)
    if (selector.matches(labels)) selectors.push(selector)
  }
  const owner = ownerReferences?.find(({ controller }) => controller)
  const key = `${namespace}/${owner?.name ?? ""}`
  if (owner?.kind === "ReplicaSet") {
    const set = replicaSets.get(key)
    if (set !== undefined) selectors.push(compileLabelSelector(set.spec.selector))
  } else if (owner?.kind === "ReplicationController") {
    const selector = controllers.get(key)?.spec.selector
    if (selector !== undefined) selectors.push(selectLabels(selector))
  }
  if (selectors.length === 0) return undefined
  return (candidate: Readonly<Record<string, string>>) => selectors.every((selector) => selector.matches(candidate))
}
