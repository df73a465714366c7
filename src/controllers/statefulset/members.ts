import type { StatefulSet } from "../../api/apps/v1/stateful-set.ts"
import { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import type { PodTemplateSpec } from "../../api/core/v1/pod-template-spec.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { isAlreadyExists, isNotFound } from "../../machinery/status/predicates.ts"
import type { ControllerContext } from "../define-controller.ts"
import { ownedPod } from "../pods/pod-control.ts"
import { claimsOf, hasConflictingController, isStale, type Member, wantedOwners } from "./claims.ts"
import { identityLabels, ordinalOf, podName } from "./identity.ts"

/** Makes, keeps and ends the pods of a set together with their storage. Each deed is an event on the set. */

type Verb = "Create" | "Update" | "Delete"

function record({ events }: ControllerContext, set: StatefulSet, verb: Verb, pod: string, error?: unknown): void {
  const subject = `${verb} Pod ${pod} in StatefulSet ${set.metadata.name}`
  if (error === undefined) events.record(set, "Normal", `Successful${verb}`, `${subject} successful`)
  else events.record(set, "Warning", `Failed${verb}`, `${subject} failed error: ${messageOf(error)}`)
}

/** False when the pod has to wait for storage of an earlier one to go. */
export async function createPod(
  context: ControllerContext,
  set: StatefulSet,
  template: PodTemplateSpec,
  ordinal: number,
): Promise<boolean> {
  const name = podName(set, ordinal)
  if (presentClaims(context, set, ordinal).some((claim) => isStale(claim, set, { name, ordinal }))) return false
  try {
    await createClaims(context, set, ordinal)
    const pod = await context.client.of(Pod).create(ownedPod(set, template, { name }))
    await settleClaims(context, set, { name, ordinal, uid: pod.metadata.uid })
    record(context, set, "Create", name)
  } catch (error) {
    if (!isAlreadyExists(error)) record(context, set, "Create", name, error)
    throw error
  }
  return true
}

export async function deletePod(context: ControllerContext, set: StatefulSet, pod: Pod): Promise<void> {
  const { name, uid } = pod.metadata
  try {
    await context.client.of(Pod).delete(pod.metadata, { preconditions: { uid } })
  } catch (error) {
    if (!isNotFound(error)) {
      record(context, set, "Delete", name, error)
      throw error
    }
  }
  record(context, set, "Delete", name)
}

/** Gives a pod that is there what it lacks: claims that somebody deleted, their owners, its labels. */
export async function keepPod(context: ControllerContext, set: StatefulSet, pod: Pod): Promise<void> {
  const { name, uid } = pod.metadata
  const ordinal = ordinalOf(set, pod)
  if (ordinal === undefined) return
  if (pod.status.phase === "Pending" && pod.metadata.deletionTimestamp === undefined) {
    await createClaims(context, set, ordinal)
  }
  const labels = identityLabels(set, ordinal)
  const isNamed = Object.entries(labels).every(([key, value]) => pod.metadata.labels?.[key] === value)
  try {
    const isChanged = await settleClaims(context, set, { name, ordinal, uid })
    if (!isNamed) await context.client.of(Pod).patch(pod.metadata, { metadata: { uid, labels } }, { type: "merge" })
    if (isChanged || !isNamed) record(context, set, "Update", name)
  } catch (error) {
    if (isNotFound(error)) return
    record(context, set, "Update", name, error)
    throw error
  }
}

const presentClaims = ({ informer }: ControllerContext, set: StatefulSet, ordinal: number): PersistentVolumeClaim[] =>
  claimsOf(set, ordinal).flatMap(
    ({ metadata }) => informer(PersistentVolumeClaim).get(`${metadata.namespace}/${metadata.name}`) ?? [],
  )

async function createClaims(context: ControllerContext, set: StatefulSet, ordinal: number): Promise<void> {
  const { client, events, informer } = context
  const pod = podName(set, ordinal)
  for (const claim of claimsOf(set, ordinal)) {
    const { name, namespace } = claim.metadata
    const present = informer(PersistentVolumeClaim).get(`${namespace}/${name}`)
    if (present?.metadata.deletionTimestamp !== undefined) throw new Error(`pvc ${name} is being deleted`)
    if (present !== undefined) continue
    try {
      await client.of(PersistentVolumeClaim).create(claim)
    } catch (error) {
      // It holds what the pod of this number wrote before.
      if (isAlreadyExists(error)) continue
      const message = `Create Claim ${name} for Pod ${pod} in StatefulSet ${set.metadata.name} failed error: ${messageOf(error)}`
      events.record(set, "Warning", "FailedCreate", message)
      throw new Error(`failed to create PVC ${name}: ${messageOf(error)}`, { cause: error })
    }
    const message = `Create Claim ${name} Pod ${pod} in StatefulSet ${set.metadata.name} success`
    events.record(set, "Normal", "SuccessfulCreate", message)
  }
}

/** Writes down whom the claims of a pod go with. True when something had to be written. */
async function settleClaims(context: ControllerContext, set: StatefulSet, pod: Member): Promise<boolean> {
  let isChanged = false
  for (const claim of presentClaims(context, set, pod.ordinal)) {
    const ownerReferences = wantedOwners(claim, set, pod)
    if (ownerReferences === undefined) continue
    const { name } = claim.metadata
    if (hasConflictingController(claim, set, pod)) {
      const message = `PersistentVolumeClaim ${name} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim`
      context.events.record(set, "Warning", "ConflictingController", message)
    }
    const metadata = { ...claim.metadata, ownerReferences }
    await context.client.of(PersistentVolumeClaim).update({ ...claim, metadata })
    isChanged = true
  }
  return isChanged
}
