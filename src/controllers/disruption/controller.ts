import { Deployment } from "../../api/apps/v1/deployment.ts"
import { ReplicaSet } from "../../api/apps/v1/replica-set.ts"
import { StatefulSet } from "../../api/apps/v1/stateful-set.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { ReplicationController } from "../../api/core/v1/replication-controller.ts"
import { PodDisruptionBudget } from "../../api/policy/v1/pod-disruption-budget.ts"
import { keyOf } from "../../client/informer.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import type { KubeObject } from "../../machinery/schema/resource.ts"
import { compileLabelSelector } from "../../machinery/selectors/label-selector.ts"
import { type ControllerContext, defineController } from "../define-controller.ts"
import { assess } from "./plan.ts"

/** Works out how many pods each budget lets go; the eviction API obeys it. */
export const disruptionController = defineController({
  name: "disruption-controller",
  eventSource: "controllermanager",
  reads: [PodDisruptionBudget, Pod, ReplicaSet, Deployment, StatefulSet, ReplicationController],
  writes: [{ resource: PodDisruptionBudget, subresource: "status", verbs: ["update"] }],
  start(context) {
    const budgets = context.informer(PodDisruptionBudget)
    context.informer(Pod).addIndex("namespace", (pod) => [pod.metadata.namespace])
    context.enqueueOn(PodDisruptionBudget)
    context.enqueueOn(Pod, (change) => {
      const labels = [change.object, ...(change.type === "updated" ? [change.previous] : [])].map(
        ({ metadata }) => metadata.labels,
      )
      return budgets
        .list(change.object.metadata.namespace)
        .filter(({ spec }) => labels.some((set) => compileLabelSelector(spec.selector).matches(set)))
        .map(keyOf)
    })
    // The size of a workload is part of what a budget counts with.
    const inNamespace = ({ object }: { readonly object: KubeObject }) =>
      budgets.list(object.metadata.namespace ?? "").map(keyOf)
    for (const workload of [ReplicaSet, Deployment, StatefulSet, ReplicationController]) {
      context.enqueueOn(workload, (change) => inNamespace(change as { readonly object: KubeObject }))
    }
    return (key) => reconcile(context, key)
  },
})

async function reconcile(context: ControllerContext, key: string) {
  const budget = context.informer(PodDisruptionBudget).get(key)
  if (budget === undefined) return
  const selector = compileLabelSelector(budget.spec.selector)
  const pods = context
    .informer(Pod)
    .indexed("namespace", budget.metadata.namespace)
    .filter(
      ({ metadata, status }) =>
        selector.matches(metadata.labels) && status.phase !== "Succeeded" && status.phase !== "Failed",
    )
  const { scale, unmanaged } = scaleOf(context, pods)
  if (unmanaged.length > 0 && needsScale(budget)) {
    const text = `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`
    context.events.record(budget, "Warning", "UnmanagedPods", text)
  }
  const { status, againAfterMs } = assess({ budget, pods, scale, nowMs: context.platform.clock.nowMs() })
  if (!deepEqual(status, budget.status)) {
    await context.client.of(PodDisruptionBudget).updateStatus({ ...budget, status })
  }
  return againAfterMs === undefined ? undefined : { againAfterMs }
}

const needsScale = ({ spec }: PodDisruptionBudget): boolean =>
  spec.maxUnavailable !== undefined || typeof spec.minAvailable === "string"

/** The sizes of the workloads that made these pods, each counted once; a deployment stands for its replica sets. */
function scaleOf(context: ControllerContext, pods: readonly Pod[]) {
  const sizes = new Map<string, number>()
  const unmanaged: Pod[] = []
  for (const pod of pods) {
    const owner = workloadOf(context, pod)
    if (owner === undefined) unmanaged.push(pod)
    else sizes.set(owner.metadata.uid, owner.spec.replicas ?? 1)
  }
  return { scale: [...sizes.values()].reduce((sum, size) => sum + size, 0), unmanaged }
}

interface Workload {
  readonly metadata: { readonly uid: string }
  readonly spec: { readonly replicas?: number }
}

function workloadOf(context: ControllerContext, pod: Pod): Workload | undefined {
  const { namespace } = pod.metadata
  const owner = controllerOf(pod)
  const key = `${namespace}/${owner?.name ?? ""}`
  switch (owner?.kind) {
    case "ReplicaSet": {
      const set = context.informer(ReplicaSet).get(key)
      const parent = set === undefined ? undefined : controllerOf(set)
      if (parent?.kind !== "Deployment") return set
      return context.informer(Deployment).get(`${namespace}/${parent.name}`) ?? set
    }
    case "StatefulSet":
      return context.informer(StatefulSet).get(key)
    case "ReplicationController":
      return context.informer(ReplicationController).get(key)
    default:
      return undefined
  }
}

const controllerOf = ({ metadata }: KubeObject) => metadata.ownerReferences?.find(({ controller }) => controller)
