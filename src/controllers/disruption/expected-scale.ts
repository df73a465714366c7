import { Deployment } from "../../api/apps/v1/deployment.ts"
import { ReplicaSet } from "../../api/apps/v1/replica-set.ts"
import { StatefulSet } from "../../api/apps/v1/stateful-set.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { ReplicationController } from "../../api/core/v1/replication-controller.ts"
import type { OwnerReference } from "../../machinery/meta/object-meta.ts"
import type { KubeObject } from "../../machinery/schema/resource.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import type { ControllerContext } from "../define-controller.ts"
import { findScale, readScale } from "../podautoscaler/target-scale.ts"

export interface ExpectedScale {
  readonly scale: number
  /** Pods that nothing controls. */
  readonly unmanaged: readonly Pod[]
}

/**
 * The sizes of the workloads that made these pods, each counted once; a deployment stands for its replica sets. Whatever
 * has a scale counts, custom resources too. Throws when a pod's controller has none.
 */
export async function expectedScale(context: ControllerContext, pods: readonly Pod[]): Promise<ExpectedScale> {
  const sizes = new Map<string, number>()
  const asked = new Set<string>()
  const unmanaged: Pod[] = []
  for (const pod of pods) {
    const owner = controllerOf(pod)
    if (owner === undefined) {
      unmanaged.push(pod)
      continue
    }
    if (asked.has(owner.uid)) continue
    const found = workloadOf(context, pod.metadata.namespace, owner) ?? (await scaledBy(context, pod, owner))
    if (found === undefined) throw new Error(`found no controllers for pod "${pod.metadata.name}"`)
    asked.add(owner.uid)
    sizes.set(found.metadata.uid, found.spec.replicas ?? 1)
  }
  return { scale: [...sizes.values()].reduce((sum, size) => sum + size, 0), unmanaged }
}

interface Workload {
  readonly metadata: { readonly uid: string }
  readonly spec: { readonly replicas?: number }
}

const controllerOf = ({ metadata }: KubeObject) => metadata.ownerReferences?.find(({ controller }) => controller)

function workloadOf(
  { informer }: ControllerContext,
  namespace: string,
  { apiVersion, kind, name, uid }: OwnerReference,
): Workload | undefined {
  const same = <W extends Workload>(found: W | undefined) => (found?.metadata.uid === uid ? found : undefined)
  switch (`${apiVersion.split("/")[0]}/${kind}`) {
    case "apps/ReplicaSet": {
      const set = same(informer(ReplicaSet).get(`${namespace}/${name}`))
      const parent = set === undefined ? undefined : controllerOf(set)
      if (parent?.kind !== "Deployment") return set
      const deployment = informer(Deployment).get(`${namespace}/${parent.name}`)
      return deployment?.metadata.uid === parent.uid ? deployment : undefined
    }
    case "apps/StatefulSet":
      return same(informer(StatefulSet).get(`${namespace}/${name}`))
    case "v1/ReplicationController":
      return same(informer(ReplicationController).get(`${namespace}/${name}`))
    default:
      return undefined
  }
}

async function scaledBy({ client }: ControllerContext, pod: Pod, owner: OwnerReference): Promise<Workload | undefined> {
  const { path, resource, isScalable } = await findScale(client, pod.metadata.namespace, owner)
  if (!isScalable) throw new Error(`${resource} does not implement the scale subresource`)
  try {
    const scale = await readScale(client, path)
    return scale.metadata.uid === owner.uid ? { metadata: { uid: owner.uid }, spec: scale.spec } : undefined
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
