import type { ReplicaSet } from "../api/apps/v1/replica-set.ts"
import type { StatefulSet } from "../api/apps/v1/stateful-set.ts"
import type { Pod } from "../api/core/v1/pod.ts"
import type { ReplicationController } from "../api/core/v1/replication-controller.ts"
import type { Service } from "../api/core/v1/service.ts"
import type { Informer } from "../client/informer.ts"
import { compileLabelSelector, LabelSelector, selectLabels } from "../machinery/selectors/label-selector.ts"

export interface Workloads {
  readonly services: Informer<Service>
  readonly replicaSets: Informer<ReplicaSet>
  readonly statefulSets: Informer<StatefulSet>
  readonly controllers: Informer<ReplicationController>
}

const BY_NAMESPACE = "namespace"

/**
 * Makes the function that tells which labels the other pods have that do the same work: those of the services that select
 * the pod and of the workload that made it. Undefined when there is neither.
 */
export function createSiblings(workloads: Workloads): (pod: Pod) => LabelSelector | undefined {
  const { services, replicaSets, statefulSets, controllers } = workloads
  services.addIndex(BY_NAMESPACE, ({ metadata }) => [metadata.namespace])
  return ({ metadata: { namespace, labels = {}, ownerReferences } }) => {
    const selectors: LabelSelector[] = []
    for (const { spec } of services.indexed(BY_NAMESPACE, namespace)) {
      if (spec.selector === undefined || Object.keys(spec.selector).length === 0) continue
      const selector = selectLabels(spec.selector)
      if (selector.matches(labels)) selectors.push(selector)
    }
    const owner = ownerReferences?.find(({ controller }) => controller)
    const key = `${namespace}/${owner?.name ?? ""}`
    switch (`${owner?.apiVersion}/${owner?.kind}`) {
      case "apps/v1/ReplicaSet":
        addTo(selectors, replicaSets.get(key)?.spec.selector)
        break
      case "apps/v1/StatefulSet":
        addTo(selectors, statefulSets.get(key)?.spec.selector)
        break
      case "v1/ReplicationController": {
        const selector = controllers.get(key)?.spec.selector
        if (selector !== undefined) selectors.push(selectLabels(selector))
        break
      }
    }
    const requirements = selectors.flatMap((selector) => selector.requirements ?? [])
    return requirements.length === 0 ? undefined : new LabelSelector(requirements)
  }
}

function addTo(selectors: LabelSelector[], selector: Parameters<typeof compileLabelSelector>[0]): void {
  if (selector !== undefined) selectors.push(compileLabelSelector(selector))
}
