import { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { BETA_STORAGE_PROVISIONER, BIND_COMPLETED, STORAGE_PROVISIONER } from "../../api/core/v1/volume-binding.ts"
import { classOfClaim, findMatchingVolume, offersAccessModes } from "../../api/core/v1/volume-matching.ts"
import { newestDefault } from "../../api/storage/v1/default-class.ts"
import { DEFAULT_STORAGE_CLASS_ANNOTATIONS, StorageClass } from "../../api/storage/v1/storage-class.ts"
import { type Key, keyOf } from "../../client/informer.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { type ControllerContext, defineController } from "../define-controller.ts"
import { claimKeys, podsUsing } from "../pods/pods-by-claim.ts"
import { bind, claimStatus, setClaimStatus, setVolumePhase, updateVolume } from "./bind.ts"
import { FREE, indexVolumes, KEPT_FOR, NAMING, UNBOUND } from "./indexes.ts"
import { type ClaimStep, planClaim } from "./plan-claim.ts"
import { isAboutToBeReleased, planVolume, unbound, type VolumeStep } from "./plan-volume.ts"

/**
 * Binds claims to volumes, and brings volumes back when their claims have gone. One worker: two claims that are looked
 * at side by side could take the same volume.
 */
export const persistentVolumeBinder = defineController({
  name: "persistent-volume-binder",
  eventSource: "persistentvolume-controller",
  reads: [PersistentVolume, PersistentVolumeClaim, StorageClass, Pod],
  writes: [
    { resource: PersistentVolume, verbs: ["update"] },
    { resource: PersistentVolume, subresource: "status", verbs: ["update"] },
    { resource: PersistentVolumeClaim, verbs: ["update"] },
    { resource: PersistentVolumeClaim, subresource: "status", verbs: ["update"] },
  ],
  workers: 1,
  start(context) {
    indexVolumes(context)
    wakeClaims(context)
    wakeVolumes(context)
    return (key) => (isOfVolume(key) ? lookAtVolume(context, nameIn(key)) : lookAtClaim(context, nameIn(key)))
  },
})

/** Claims and volumes stand in one queue. */
const claimKey = (key: Key): Key => `claim:${key}`
const volumeKey = (name: string): Key => `volume:${name}`
const isOfVolume = (key: Key) => key.startsWith("volume:")
const nameIn = (key: Key) => key.slice(key.indexOf(":") + 1)

function wakeClaims(context: ControllerContext): void {
  const claims = context.informer(PersistentVolumeClaim)
  context.enqueueOn(PersistentVolumeClaim, ({ object }) => [claimKey(keyOf(object))])
  context.enqueueOn(PersistentVolume, ({ object }) => {
    const { claimRef } = object.spec
    const named = claims.indexed(NAMING, object.metadata.name)
    const kept = claimRef === undefined ? [] : [claimKey(`${claimRef.namespace}/${claimRef.name}`)]
    const free = claimRef === undefined ? waitingFor(context, object) : []
    return [...kept, ...[...named, ...free].map((claim) => claimKey(keyOf(claim)))]
  })
  // A class that comes or becomes the default is what claims may have waited for.
  context.enqueueOn(StorageClass, ({ object }) =>
    ["", object.metadata.name].flatMap((name) => claims.indexed(UNBOUND, name)).map((claim) => claimKey(keyOf(claim))),
  )
  // A pod that finds no node is worth telling at the claim that waits for it.
  context.enqueueOn(Pod, ({ type, object: pod }) => {
    const { spec, status } = pod
    if (type === "deleted" || spec.nodeName || status.conditions?.every(({ type: one }) => one !== "PodScheduled")) {
      return []
    }
    return claimKeys(pod)
      .filter((key) => isUnbound(claims.get(key)))
      .map(claimKey)
  })
}

function isUnbound(claim: PersistentVolumeClaim | undefined): boolean {
  return claim !== undefined && claim.metadata.annotations?.[BIND_COMPLETED] === undefined
}

/** The claims that a free volume could be for. */
function waitingFor(context: ControllerContext, volume: PersistentVolume): PersistentVolumeClaim[] {
  if (volume.status.phase !== "Available") return []
  return context
    .informer(PersistentVolumeClaim)
    .indexed(UNBOUND, volume.spec.storageClassName ?? "")
    .filter((claim) => offersAccessModes(volume, claim) && findMatchingVolume(claim, [volume]) !== undefined)
}

function wakeVolumes(context: ControllerContext): void {
  const volumes = context.informer(PersistentVolume)
  context.enqueueOn(PersistentVolume, ({ type, object }) =>
    type === "deleted" ? [] : [volumeKey(object.metadata.name)],
  )
  context.enqueueOn(PersistentVolumeClaim, (change) => {
    const { object, type } = change
    const before = type === "updated" ? change.previous.spec.volumeName : undefined
    if (type === "updated" && before === object.spec.volumeName) return []
    const kept = volumes.indexed(KEPT_FOR, keyOf(object)).map(({ metadata }) => metadata.name)
    return [...new Set([...kept, ...[before, object.spec.volumeName].filter((name) => !!name)])].map((name) =>
      volumeKey(String(name)),
    )
  })
}

async function lookAtClaim(context: ControllerContext, key: Key): Promise<void> {
  const claim = context.informer(PersistentVolumeClaim).get(key)
  if (claim === undefined) return
  const volumes = context.informer(PersistentVolume)
  const classes = context.informer(StorageClass)
  const className = classOfClaim(claim)
  const steps = planClaim(claim, {
    volumes: [...volumes.indexed(KEPT_FOR, key), ...volumes.indexed(FREE, className)],
    volumeNamed: (name) => volumes.get(name),
    storageClass: className === "" ? undefined : classes.get(className),
    defaultClass: () => newestDefault(classes.list(), DEFAULT_STORAGE_CLASS_ANNOTATIONS),
    waitingPods: () => waitingPods(context, key),
  })
  for (const step of steps) await actOnClaim(context, claim, step)
}

function waitingPods(context: ControllerContext, key: Key): string[] {
  return podsUsing(context, key)
    .filter(({ spec, status: { phase } }) => !spec.nodeName && phase !== "Succeeded" && phase !== "Failed")
    .map(({ metadata }) => metadata.name)
}

async function actOnClaim(
  { client, events }: ControllerContext,
  claim: PersistentVolumeClaim,
  step: ClaimStep,
): Promise<void> {
  switch (step.do) {
    case "bind":
      return bind(client, step.volume, claim)
    case "tell":
      return events.record(claim, step.event.type, step.event.reason, step.event.message)
    case "set-phase": {
      const isNew = claim.status.phase !== step.phase
      // A phase with an event is a last one, and what the claim had then is left as it is from then on.
      if (step.event !== undefined && !isNew) return
      await setClaimStatus(client, claim, claimStatus(claim, step.phase))
      if (step.event !== undefined) events.record(claim, step.event.type, step.event.reason, step.event.message)
      return
    }
    case "assign-class":
      await client.of(PersistentVolumeClaim).update({ ...claim, spec: { ...claim.spec, storageClassName: step.name } })
      return
    case "ask-provisioner": {
      const asked = { [BETA_STORAGE_PROVISIONER]: step.provisioner, [STORAGE_PROVISIONER]: step.provisioner }
      const metadata = { ...claim.metadata, annotations: { ...claim.metadata.annotations, ...asked } }
      await client.of(PersistentVolumeClaim).update({ ...claim, metadata })
      return
    }
    case "fail":
      throw new Error(step.message)
  }
}

async function lookAtVolume(context: ControllerContext, name: string): Promise<void> {
  const volume = context.informer(PersistentVolume).get(name)
  if (volume === undefined) return
  const claim = await claimOf(context, volume)
  for (const step of planVolume(volume, claim)) await actOnVolume(context, volume, claim, step)
}

/** The claim that a volume is for. Whether it is gone is asked of the server: a copy may lag behind what is deleted. */
async function claimOf(
  context: ControllerContext,
  volume: PersistentVolume,
): Promise<PersistentVolumeClaim | undefined> {
  const { claimRef } = volume.spec
  if (!claimRef?.uid || !claimRef.name || !claimRef.namespace) return undefined
  const { namespace, name, uid } = claimRef
  const known = context.informer(PersistentVolumeClaim).get(`${namespace}/${name}`)
  if (known?.metadata.uid === uid) return known
  if (known === undefined && !isAboutToBeReleased(volume)) return undefined
  try {
    const fresh = await context.client.of(PersistentVolumeClaim).get({ namespace, name })
    return fresh.metadata.uid === uid ? fresh : undefined
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

async function actOnVolume(
  context: ControllerContext,
  volume: PersistentVolume,
  claim: PersistentVolumeClaim | undefined,
  step: VolumeStep,
): Promise<void> {
  const { client, events } = context
  switch (step.do) {
    case "set-phase": {
      const { event, phase } = step
      const now = context.informer(PersistentVolume).get(volume.metadata.name) ?? volume
      if (event !== undefined && now.status.phase !== phase) {
        events.record(volume, event.type, event.reason, event.message)
      }
      await setVolumePhase(client, now, phase, event?.message ?? "")
      return
    }
    case "unbind": {
      const free = await updateVolume(client, unbound(volume))
      await setVolumePhase(client, free, "Available", "")
      return
    }
    case "look-at-claim":
      if (claim !== undefined) context.enqueue(claimKey(keyOf(claim)))
      return
    case "tell-mismatch":
      events.record(volume, step.volume.type, step.volume.reason, step.volume.message)
      if (claim !== undefined) events.record(claim, step.claim.type, step.claim.reason, step.claim.message)
      return
  }
}
