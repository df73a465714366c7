import { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { type Key, keyOf } from "../../client/informer.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { type ControllerContext, defineController } from "../define-controller.ts"
import { hasEphemeralVolumes, plan, type Step } from "./plan.ts"

/** Makes the claims of pods' ephemeral volumes. That they go with the pod is the garbage collector's work. */
export const ephemeralVolumeController = defineController({
  name: "ephemeral-volume-controller",
  eventSource: "ephemeral_volume",
  reads: [Pod, PersistentVolumeClaim],
  writes: [{ resource: PersistentVolumeClaim, verbs: ["create"] }],
  // The pod's owner reference blocks its deletion.
  rights: [{ apiGroups: [""], resources: ["pods/finalizers"], verbs: ["update"] }],
  start(context) {
    const pods = context.informer(Pod)
    context.enqueueOn(Pod, ({ type, object }) =>
      type === "added" && hasEphemeralVolumes(object) ? [keyOf(object)] : [],
    )
    context.enqueueOn(PersistentVolumeClaim, ({ type, object: { metadata } }) => {
      const owner = metadata.ownerReferences?.find(({ controller, kind }) => controller && kind === Pod.kind)
      const key = owner === undefined ? undefined : `${metadata.namespace}/${owner.name}`
      if (type === "deleted" && key !== undefined && pods.get(key) !== undefined) return [key]
      return []
    })
    return (key) => reconcile(context, key)
  },
})

async function reconcile(context: ControllerContext, key: Key): Promise<void> {
  const pod = context.informer(Pod).get(key)
  if (pod === undefined) return
  const claims = context.informer(PersistentVolumeClaim)
  for (const step of plan(pod, (name) => claims.get(`${pod.metadata.namespace}/${name}`))) {
    const failure = await carryOut(context, step)
    if (failure === undefined) continue
    const message = `ephemeral volume ${step.volume}: ${failure}`
    context.events.record(pod, "Warning", "FailedBinding", message)
    throw new Error(`pod ${key}, ${message}`)
  }
}

/** What went wrong, in words for the pod's owner. */
async function carryOut({ client }: ControllerContext, step: Step): Promise<string | undefined> {
  if (step.do === "refuse") return step.message
  try {
    await client.of(PersistentVolumeClaim).create(step.claim)
    return undefined
  } catch (error) {
    const name = step.claim.metadata?.name
    return `create PVC ${name}: ${messageOf(error)}`
  }
}
