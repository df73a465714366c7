import { ControllerRevision } from "../../api/apps/v1/controller-revision.ts"
import { StatefulSet } from "../../api/apps/v1/stateful-set.ts"
import { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import type { PodTemplateSpec } from "../../api/core/v1/pod-template-spec.ts"
import { keyOf } from "../../client/informer.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import { compileLabelSelector } from "../../machinery/selectors/label-selector.ts"
import { type ControllerContext, defineController, ownerKey } from "../define-controller.ts"
import { currentRevision, truncateHistory } from "../history/revisions.ts"
import { settleOwnership } from "../pods/pod-control.ts"
import { availableAtMs } from "../pods/pod-state.ts"
import { candidatesOf, indexPodsByOwner, podsOf } from "../pods/pods-by-owner.ts"
import { isClaimName, ordinalOf, revisionOf, templateFor } from "./identity.ts"
import { createPod, deletePod, keepPod } from "./members.ts"
import { plan, type Step, statusOf, type World } from "./plan.ts"

/** Keeps the pods of a StatefulSet, each with its own name and storage. */
export const statefulSetController = defineController({
  name: "statefulset-controller",
  reads: [StatefulSet, Pod, ControllerRevision, PersistentVolumeClaim],
  writes: [
    { resource: Pod, verbs: ["create", "delete", "patch"] },
    { resource: PersistentVolumeClaim, verbs: ["create", "update"] },
    { resource: StatefulSet, subresource: "status", verbs: ["update"] },
    { resource: ControllerRevision, verbs: ["create", "update", "delete"] },
  ],
  start(context) {
    indexPodsByOwner(context)
    context.enqueueOn(StatefulSet)
    context.enqueueOn(Pod, (change) => {
      const owners = ownerKey(StatefulSet)(change)
      if (owners.length > 0) return owners
      return context
        .informer(StatefulSet)
        .list(change.object.metadata.namespace)
        .filter(({ spec }) => compileLabelSelector(spec.selector).matches(change.object.metadata.labels))
        .map(keyOf)
    })
    // A pod may wait for the storage of the one before it to go.
    context.enqueueOn(PersistentVolumeClaim, ({ type, object: { metadata } }) => {
      if (type !== "deleted") return []
      const sets = context.informer(StatefulSet).list(metadata.namespace)
      return sets.filter((set) => isClaimName(set, metadata.name)).map(keyOf)
    })
    return (key) => reconcile(context, key)
  },
})

async function reconcile(context: ControllerContext, key: string) {
  const set = context.informer(StatefulSet).get(key)
  if (set === undefined) return
  // A pod whose name is not one of the set's is somebody else's, whatever its labels say.
  const named = candidatesOf(context, set).filter((pod) => ordinalOf(set, pod) !== undefined)
  const pods = await settleOwnership(context, set, compileLabelSelector(set.spec.selector), named)
  const history = await currentRevision(context, set)
  const updateRevision = history.current.metadata.name
  const known = set.status.currentRevision
  const old = history.old.find(({ metadata }) => metadata.name === known)
  const world: World = {
    set,
    pods,
    currentRevision: old === undefined ? updateRevision : old.metadata.name,
    updateRevision,
    nowMs: context.platform.clock.nowMs(),
  }
  if (set.metadata.deletionTimestamp === undefined) {
    for (const pod of pods) await keepPod(context, set, pod)
    for (const step of plan(world)) {
      if (!(await carryOut(context, world, step, old))) break
    }
    const inUse = new Set([...pods.map(revisionOf), world.currentRevision])
    await truncateHistory(
      context,
      set,
      { ...history, old: history.old.filter(({ metadata }) => !inUse.has(metadata.name)) },
      new Set(),
    )
  }
  const own = podsOf(context, set)
  const status = statusOf({ ...world, pods: own })
  if (!deepEqual(status, set.status)) {
    const spec = { ...set.spec, selector: set.spec.selector ?? {} }
    await context.client.of(StatefulSet).updateStatus({ ...set, spec, status })
  }
  const waits = own
    .flatMap((pod) => availableAtMs(pod, set.spec.minReadySeconds ?? 0) ?? [])
    .map((atMs) => atMs - world.nowMs)
    .filter((waitMs) => waitMs > 0)
  return waits.length === 0 ? undefined : { againAfterMs: Math.min(...waits) }
}

/** False when what comes after has to wait. */
async function carryOut(
  context: ControllerContext,
  world: World,
  step: Step,
  old: ControllerRevision | undefined,
): Promise<boolean> {
  const { set, currentRevision: current, updateRevision } = world
  if (step.do === "delete") {
    await deletePod(context, set, step.pod)
    return true
  }
  const revision = step.revision === "current" ? current : updateRevision
  const template = revision === updateRevision || old === undefined ? set.spec.template : templateOf(old)
  return createPod(context, set, templateFor(set, template, step.ordinal, revision), step.ordinal)
}

function templateOf({ data }: ControllerRevision): PodTemplateSpec {
  const { spec } = data as { readonly spec: { readonly template: PodTemplateSpec & { readonly $patch?: string } } }
  const { $patch: _, ...template } = spec.template
  return template
}
