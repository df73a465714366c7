import { Pod } from "../../api/core/v1/pod.ts"
import type { PodTemplateSpec } from "../../api/core/v1/pod-template-spec.ts"
import type { KubeObject, NamespacedMeta } from "../../machinery/schema/resource.ts"
import type { LabelSelector } from "../../machinery/selectors/label-selector.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { isNamespaceTerminating, isNotFound } from "../../machinery/status/predicates.ts"
import type { ControllerContext } from "../define-controller.ts"
import { adoptionPatch, claim, controllerReference, releasePatch } from "./claim.ts"

/** What workload controllers do with the pods that belong to them. Each deed is an event on the owner. */

export interface PodOwner extends KubeObject {
  readonly metadata: NamespacedMeta
}

/** Adopts and releases pods by the owner's selector. Returns those that are the owner's. */
export async function settleOwnership(
  { client }: ControllerContext,
  owner: PodOwner,
  selector: LabelSelector,
  neighbours: readonly Pod[],
): Promise<readonly Pod[]> {
  const claims = claim(owner, selector, neighbours)
  const patch = (pod: Pod, body: unknown) =>
    client.of(Pod).patch(pod.metadata, body, { type: "strategic" }).catch(ignoreNotFound)
  const adopted = await Promise.all(claims.adopt.map((pod) => patch(pod, adoptionPatch(owner, pod))))
  await Promise.all(claims.release.map((pod) => patch(pod, releasePatch(owner, pod))))
  return [...claims.owned, ...adopted.filter((pod) => pod !== undefined)]
}

/** Pod names are made from the owner's; long ones are cut so that the result stays a valid host name. */
const POD_NAME_PREFIX_MAX = 247

/** A pod by a template. Names are made up from the owner's, unless the pod has an identity of its own. */
export function ownedPod(
  owner: PodOwner,
  template: PodTemplateSpec,
  naming: { readonly name: string } | { readonly generateName: string } = {
    generateName: `${owner.metadata.name.slice(0, POD_NAME_PREFIX_MAX)}-`,
  },
) {
  const { labels, annotations, finalizers } = template.metadata
  const { namespace } = owner.metadata
  const ownerReferences = [controllerReference(owner)]
  return { metadata: { ...naming, namespace, labels, annotations, finalizers, ownerReferences }, spec: template.spec }
}

export async function createOwnedPod(
  { client, events }: ControllerContext,
  owner: PodOwner,
  template: PodTemplateSpec,
  naming?: Parameters<typeof ownedPod>[2],
): Promise<Pod> {
  try {
    const pod = await client.of(Pod).create(ownedPod(owner, template, naming))
    events.record(owner, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`)
    return pod
  } catch (error) {
    if (!isNamespaceTerminating(error)) {
      events.record(owner, "Warning", "FailedCreate", `Error creating: ${messageOf(error)}`)
    }
    throw error
  }
}

/** Returns what went wrong; a pod that is gone already is no failure. */
export async function deleteOwnedPod(
  { client, events }: ControllerContext,
  owner: PodOwner,
  pod: Pod,
): Promise<unknown> {
  try {
    await client.of(Pod).delete(pod.metadata, { preconditions: { uid: pod.metadata.uid } })
    events.record(owner, "Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`)
  } catch (error) {
    if (isNotFound(error)) return undefined
    events.record(owner, "Warning", "FailedDelete", `Error deleting: ${messageOf(error)}`)
    return error
  }
  return undefined
}

function ignoreNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error
}
