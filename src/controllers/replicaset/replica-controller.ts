import { Pod } from "../../api/core/v1/pod.ts"
import type { PodTemplateSpec } from "../../api/core/v1/pod-template-spec.ts"
import type { Key } from "../../client/informer.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import type { AnyResource, KubeObject, NamespacedMeta } from "../../machinery/schema/resource.ts"
import type { LabelSelector } from "../../machinery/selectors/label-selector.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { isNamespaceTerminating } from "../../machinery/status/predicates.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import { type ControllerContext, defineController, ownerKey } from "../define-controller.ts"
import { inGrowingBatches } from "../pods/in-batches.ts"
import { createOwnedPod, deleteOwnedPod, settleOwnership } from "../pods/pod-control.ts"
import { candidatesOf, controllerUid, gatherMs, indexPodsByOwner, podsOf } from "../pods/pods-by-owner.ts"
import { type Counts, count, plan, type Wanted } from "./plan.ts"

/** What ReplicaSet and ReplicationController have in common: a number, a selector and a template. */
export interface ReplicaOwner extends KubeObject {
  readonly metadata: NamespacedMeta
  readonly status: ReplicaStatus
}
interface ReplicaStatus {
  readonly observedGeneration?: number
  readonly conditions?: readonly ReplicaCondition[]
}
interface ReplicaCondition {
  readonly type: string
  readonly status: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

export interface ReplicaKind {
  readonly name: string
  readonly resource: AnyResource
  readonly wanted: (owner: KubeObject) => Wanted & { readonly template: PodTemplateSpec }
  readonly selector: (owner: KubeObject) => LabelSelector
  /** Condition and event texts name the kind of failure. */
  readonly writeTerminating: boolean
}

/** Keeps the number of pods that an owner of this kind asks for. */
export function replicaController(kind: ReplicaKind) {
  return defineController({
    name: kind.name,
    reads: [kind.resource, Pod],
    writes: [
      { resource: Pod, verbs: ["create", "delete", "patch"] },
      { resource: kind.resource, verbs: ["update"], subresource: "status" },
    ],
    start(context) {
      indexPodsByOwner(context)
      context.enqueueOn(kind.resource)
      const sizeOf = (key: Key): number => {
        const owner = context.informer(kind.resource).get(key) as KubeObject | undefined
        return owner === undefined ? 0 : kind.wanted(owner).replicas
      }
      context.enqueueOn(
        Pod,
        (change) => {
          const owners = [...ownerKey(kind.resource)(change)]
          if (change.type === "updated")
            owners.push(...ownerKey(kind.resource)({ type: "added", object: change.previous }))
          return owners.length > 0 ? owners : orphanKeys(context, kind, change.object)
        },
        (key) => gatherMs(sizeOf(key)),
      )
      return (key) => reconcile(context, kind, key)
    },
  })
}

/** An orphan may be adopted by any owner in its namespace whose selector matches. */
function orphanKeys(context: ControllerContext, kind: ReplicaKind, pod: Pod): readonly Key[] {
  const owners = context.informer(kind.resource).list(pod.metadata.namespace) as readonly ReplicaOwner[]
  return owners
    .filter((owner) => kind.selector(owner).matches(pod.metadata.labels))
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
}

async function reconcile(context: ControllerContext, kind: ReplicaKind, key: Key) {
  const owner = context.informer(kind.resource).get(key) as ReplicaOwner | undefined
  if (owner === undefined) return
  const wanted = kind.wanted(owner)
  const pods = await settleOwnership(context, owner, kind.selector(owner), candidatesOf(context, owner))
  const nowMs = context.platform.clock.nowMs()
  const related = () => relatedPods(context, kind, owner)
  const failure =
    owner.metadata.deletionTimestamp === undefined ? await act(context, owner, wanted, pods, related) : undefined
  const counts = count(wanted, podsOf(context, owner), nowMs)
  await writeStatus(context, kind, owner, counts, failure)
  // Nothing can be made in a namespace that is going away; pods that end bring the owner here again.
  if (failure !== undefined && !isNamespaceTerminating(failure.error)) throw failure.error
  return counts.nextAvailableMs === undefined ? undefined : { againAfterMs: counts.nextAvailableMs - nowMs }
}

/** Pods of the sets that share this one's controller: those of the old and new revisions of a deployment. */
function relatedPods(context: ControllerContext, { resource }: ReplicaKind, owner: ReplicaOwner): readonly Pod[] {
  const parent = controllerUid(owner)
  if (parent === undefined) return podsOf(context, owner)
  const siblings = context.informer(resource).list(owner.metadata.namespace) as readonly KubeObject[]
  return siblings.filter((sibling) => controllerUid(sibling) === parent).flatMap((sibling) => podsOf(context, sibling))
}

interface Failure {
  readonly reason: "FailedCreate" | "FailedDelete"
  readonly error: unknown
}

async function act(
  context: ControllerContext,
  owner: ReplicaOwner,
  wanted: Wanted & { readonly template: PodTemplateSpec },
  pods: readonly Pod[],
  related: () => readonly Pod[],
): Promise<Failure | undefined> {
  for (const step of plan(wanted, pods, related, context.platform.clock.nowMs())) {
    if (step.do === "create") {
      const { failure } = await inGrowingBatches(step.count, async () => {
        await createOwnedPod(context, owner, wanted.template)
      })
      if (failure !== undefined) return { reason: "FailedCreate", error: failure }
    } else {
      const error = await deleteOwnedPod(context, owner, step.pod)
      if (error !== undefined) return { reason: "FailedDelete", error }
    }
  }
  return undefined
}

async function writeStatus(
  { client, platform }: ControllerContext,
  kind: ReplicaKind,
  owner: ReplicaOwner,
  counts: Counts,
  failure: Failure | undefined,
): Promise<void> {
  const { nextAvailableMs: _later, terminatingReplicas, ...numbers } = counts
  const nonZero = Object.fromEntries(Object.entries(numbers).filter(([name, n]) => n !== 0 || name === "replicas"))
  const conditions = conditionsAfter(owner.status.conditions ?? [], failure, timeFromMs(platform.clock.nowMs()))
  const status = {
    ...nonZero,
    ...(kind.writeTerminating && { terminatingReplicas }),
    observedGeneration: owner.metadata.generation,
    ...(conditions.length > 0 && { conditions }),
  }
  if (deepEqual(status, owner.status)) return
  await client.of(kind.resource).updateStatus({ ...owner, status })
}

function conditionsAfter(
  conditions: readonly ReplicaCondition[],
  failure: Failure | undefined,
  now: string,
): readonly ReplicaCondition[] {
  const others = conditions.filter(({ type }) => type !== "ReplicaFailure")
  if (failure === undefined) return others
  // The message names the pod that was tried, and so differs each time.
  const same = conditions.find((c) => c.type === "ReplicaFailure" && c.reason === failure.reason)
  const message = messageOf(failure.error)
  const failed = { type: "ReplicaFailure", status: "True", lastTransitionTime: now, reason: failure.reason, message }
  return [...others, same ?? failed]
}
