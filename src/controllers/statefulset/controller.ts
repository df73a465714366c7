import { ControllerRevision } from "../../api/apps/v1/controller-revision.ts"
import { StatefulSet } from "../../api/apps/v1/stateful-set.ts"
import { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import type { PodTemplateSpec } from "../../api/core/v1/pod-template-spec.ts"
import { keyOf, splitKey } from "../../client/informer.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import { compileLabelSelector } from "../../machinery/selectors/label-selector.ts"
import { isAlreadyExists } from "../../machinery/status/predicates.ts"
import { type ControllerContext, defineController, ownerKey } from "../define-controller.ts"
import { currentRevision, truncateHistory } from "../history/revisions.ts"
import { createOwnedPod, deleteOwnedPod, settleOwnership } from "../pods/pod-control.ts"
import { availableAtMs } from "../pods/pod-state.ts"
import { claimName, ordinalOf, podName, revisionOf, templateFor } from "./identity.ts"
import { plan, type Step, statusOf, type World } from "./plan.ts"

/** Keeps the pods of a StatefulSet, each with its own name and storage. */
export const statefulSetController = defineController({
  name: "statefulset-controller",
  reads: [StatefulSet, Pod, ControllerRevision, PersistentVolumeClaim],
  writes: [
    { resource: Pod, verbs: ["create", "delete", "patch"] },
    { resource: PersistentVolumeClaim, verbs: ["create", "delete"] },
    { resource: StatefulSet, subresource: "status", verbs: ["update"] },
    { resource: ControllerRevision, verbs: ["create", "update", "delete"] },
  ],
  start(context) {
    context.informer(Pod).addIndex("namespace", (pod) => [pod.metadata.namespace])
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
    return (key) => reconcile(context, key)
  },
})

async function reconcile(context: ControllerContext, key: string) {
  const set = context.informer(StatefulSet).get(key)
  if (set === undefined) return
  const neighbours = context.informer(Pod).indexed("namespace", splitKey(key).namespace)
  // A pod whose name is not one of the set's is somebody else's, whatever its labels say.
  const named = neighbours.filter((pod) => ordinalOf(set, pod) !== undefined)
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
    for (const step of plan(world)) await carryOut(context, world, step, old)
    await removeClaims(context, world)
    const inUse = new Set([...pods.map(revisionOf), world.currentRevision])
    await truncateHistory(
      context,
      set,
      { ...history, old: history.old.filter(({ metadata }) => !inUse.has(metadata.name)) },
      new Set(),
    )
  }
  const now = context.informer(Pod).indexed("namespace", splitKey(key).namespace)
  const own = now.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === set.metadata.uid))
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

async function carryOut(
  context: ControllerContext,
  world: World,
  step: Step,
  old: ControllerRevision | undefined,
): Promise<void> {
  const { set, currentRevision: current, updateRevision } = world
  if (step.do === "delete") {
    const error = await deleteOwnedPod(context, set, step.pod)
    if (error !== undefined) throw error
    return
  }
  const revision = step.revision === "current" ? current : updateRevision
  const template = revision === updateRevision || old === undefined ? set.spec.template : templateOf(old)
  await createClaims(context, set, step.ordinal)
  await createOwnedPod(context, set, templateFor(set, template, step.ordinal, revision), podName(set, step.ordinal))
}

function templateOf({ data }: ControllerRevision): PodTemplateSpec {
  const { spec } = data as { readonly spec: { readonly template: PodTemplateSpec & { readonly $patch?: string } } }
  const { $patch: _, ...template } = spec.template
  return template
}

async function createClaims({ client, events }: ControllerContext, set: StatefulSet, ordinal: number): Promise<void> {
  for (const template of set.spec.volumeClaimTemplates ?? []) {
    const name = claimName(set, template.metadata.name ?? "", ordinal)
    const labels = { ...template.metadata.labels, ...set.spec.selector?.matchLabels }
    const { annotations } = template.metadata
    const { namespace } = set.metadata
    try {
      await client
        .of(PersistentVolumeClaim)
        .create({ metadata: { name, namespace, labels, annotations }, spec: template.spec })
      events.record(
        set,
        "Normal",
        "SuccessfulCreate",
        `create Claim ${name} Pod ${podName(set, ordinal)} in StatefulSet ${set.metadata.name} success`,
      )
    } catch (error) {
      // It holds what the pod of this number wrote before.
      if (!isAlreadyExists(error)) throw error
    }
  }
}

/** With `whenScaled: Delete`, claims of numbers beyond the size go once their pod is gone. */
async function removeClaims({ client, informer }: ControllerContext, { set, pods }: World): Promise<void> {
  if (set.spec.persistentVolumeClaimRetentionPolicy?.whenScaled !== "Delete") return
  const start = set.spec.ordinals?.start ?? 0
  const end = start + (set.spec.replicas ?? 1)
  const present = new Set(pods.map((pod) => ordinalOf(set, pod)))
  for (const template of set.spec.volumeClaimTemplates ?? []) {
    const prefix = `${template.metadata.name}-${set.metadata.name}-`
    for (const { metadata } of informer(PersistentVolumeClaim).list(set.metadata.namespace)) {
      const ordinal = metadata.name.startsWith(prefix) ? Number(metadata.name.slice(prefix.length)) : Number.NaN
      const beyond = Number.isInteger(ordinal) && (ordinal < start || ordinal >= end) && !present.has(ordinal)
      if (beyond && metadata.deletionTimestamp === undefined) await client.of(PersistentVolumeClaim).delete(metadata)
    }
  }
}
