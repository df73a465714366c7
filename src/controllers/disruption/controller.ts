import { Deployment } from "../../api/apps/v1/deployment.ts"
import { ReplicaSet } from "../../api/apps/v1/replica-set.ts"
import { StatefulSet } from "../../api/apps/v1/stateful-set.ts"
import { disruptionTarget } from "../../api/core/v1/disruption-target.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { ReplicationController } from "../../api/core/v1/replication-controller.ts"
import { PodDisruptionBudget } from "../../api/policy/v1/pod-disruption-budget.ts"
import { keyOf, splitKey } from "../../client/informer.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import type { KubeObject } from "../../machinery/schema/resource.ts"
import { compileLabelSelector } from "../../machinery/selectors/label-selector.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import { type ControllerContext, defineController } from "../define-controller.ts"
import { expectedScale } from "./expected-scale.ts"
import { assess, failed, formatSelector, notDeleted, staleDisruptionInMs, type Verdict } from "./plan.ts"

/** Before the name of a pod in a key. No object's name has a colon. */
const POD = "pod:"

/** Works out how many pods each budget lets go; the eviction API obeys it. */
export const disruptionController = defineController({
  name: "disruption-controller",
  eventSource: "controllermanager",
  reads: [PodDisruptionBudget, Pod, ReplicaSet, Deployment, StatefulSet, ReplicationController],
  writes: [
    { resource: PodDisruptionBudget, subresource: "status", verbs: ["update"] },
    { resource: Pod, subresource: "status", verbs: ["patch"] },
  ],
  rights: [{ apiGroups: ["*"], resources: ["*/scale"], verbs: ["get"] }],
  start(context) {
    const budgets = context.informer(PodDisruptionBudget)
    context.informer(Pod).addIndex("namespace", (pod) => [pod.metadata.namespace])
    context.enqueueOn(PodDisruptionBudget)
    context.enqueueOn(Pod, (change) => {
      const pod = change.object
      const { namespace, name } = pod.metadata
      const matching = (labels: Pod["metadata"]["labels"]) =>
        budgets.list(namespace).filter(({ spec }) => compileLabelSelector(spec.selector).matches(labels))
      const found = matching(pod.metadata.labels)
      if (change.type === "added") tellMultiple(context, pod, found)
      const before = change.type === "updated" ? matching(change.previous.metadata.labels) : []
      const isNervous = change.type !== "deleted" && staleDisruptionInMs(pod, 0) !== undefined
      return [...[...found, ...before].map(keyOf), ...(isNervous ? [`${namespace}/${POD}${name}`] : [])]
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

function tellMultiple({ events }: ControllerContext, pod: Pod, budgets: readonly PodDisruptionBudget[]): void {
  const [first] = budgets
  if (first === undefined || budgets.length < 2) return
  const { namespace, name } = pod.metadata
  const text = `Pod "${namespace}"/"${name}" matches multiple PodDisruptionBudgets.  Chose "${first.metadata.name}" arbitrarily.`
  events.record(pod, "Warning", "MultiplePodDisruptionBudgets", text)
}

async function reconcile(context: ControllerContext, key: string) {
  const { namespace, name } = splitKey(key)
  if (name.startsWith(POD)) return calmPod(context, `${namespace}/${name.slice(POD.length)}`)
  const budget = context.informer(PodDisruptionBudget).get(key)
  if (budget === undefined) return
  const selector = compileLabelSelector(budget.spec.selector)
  const pods = context
    .informer(Pod)
    .indexed("namespace", namespace)
    .filter(({ metadata }) => selector.matches(metadata.labels))
  if (pods.length === 0) context.events.record(budget, "Normal", "NoPods", "No matching pods found")
  const { status, againAfterMs } = await assessed(context, budget, pods)
  if (!deepEqual(status, budget.status)) {
    await context.client.of(PodDisruptionBudget).updateStatus({ ...budget, status })
  }
  return againAfterMs === undefined ? undefined : { againAfterMs }
}

async function assessed(
  context: ControllerContext,
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
): Promise<Verdict> {
  const { events, platform } = context
  const nowMs = platform.clock.nowMs()
  let scale = 0
  if (needsScale(budget)) {
    try {
      const expected = await expectedScale(context, pods)
      scale = expected.scale
      if (expected.unmanaged.length > 0) events.record(budget, "Warning", "UnmanagedPods", unmanagedText(budget))
    } catch (error) {
      const cause = messageOf(error)
      const text = `Failed to calculate the number of expected pods: ${cause}`
      events.record(budget, "Warning", "CalculateExpectedPodCountFailed", text)
      return { status: failed(budget, cause, nowMs) }
    }
  }
  for (const pod of notDeleted({ budget, pods, nowMs })) {
    const { namespace } = budget.metadata
    // Kubernetes names the namespace twice.
    const text = `Pod was expected by PDB ${namespace}/${namespace} to be deleted but it wasn't`
    events.record(pod, "Warning", "NotDeleted", text)
  }
  return assess({ budget, pods, scale, nowMs })
}

const unmanagedText = ({ spec }: PodDisruptionBudget): string =>
  `Pods selected by this PodDisruptionBudget (selector: ${formatSelector(spec.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`

/** Takes back that a pod is to be disrupted, when nobody has deleted it for long. */
async function calmPod({ client, informer, platform }: ControllerContext, key: string) {
  const pod = informer(Pod).get(key)
  const nowMs = platform.clock.nowMs()
  const inMs = pod === undefined ? undefined : staleDisruptionInMs(pod, nowMs)
  if (pod === undefined || inMs === undefined) return undefined
  if (inMs > 0) return { againAfterMs: inMs }
  const { uid } = pod.metadata
  const calm = disruptionTarget(pod, { status: "False", reason: null, message: null }, timeFromMs(nowMs))
  const body = { metadata: { uid }, status: { conditions: [calm] } }
  await client.of(Pod).patch(pod.metadata, body, { type: "strategic", subresource: "status" })
  return undefined
}

const needsScale = ({ spec }: PodDisruptionBudget): boolean =>
  spec.maxUnavailable !== undefined || typeof spec.minAvailable === "string"
