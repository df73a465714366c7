import type { KubeObject } from "../../machinery/schema/resource.ts"
import type { LabelSelector } from "../../machinery/selectors/label-selector.ts"

/** Which objects belong to an owner, and which ownership should change. */
export interface Claims<T> {
  readonly owned: readonly T[]
  /** Match the selector and have no controller. */
  readonly adopt: readonly T[]
  /** Belong to the owner but no longer match. */
  readonly release: readonly T[]
}

/** Sorts candidates by their controller reference and labels. An owner being deleted adopts nothing. */
export function claim<T extends KubeObject>(
  owner: KubeObject,
  selector: LabelSelector,
  candidates: readonly T[],
): Claims<T> {
  const claims = { owned: [] as T[], adopt: [] as T[], release: [] as T[] }
  const ownerIsGoing = owner.metadata.deletionTimestamp !== undefined
  for (const object of candidates) {
    const controller = object.metadata.ownerReferences?.find((reference) => reference.controller)
    const matching = selector.matches(object.metadata.labels ?? {})
    if (controller !== undefined) {
      if (controller.uid !== owner.metadata.uid) continue
      if (matching) claims.owned.push(object)
      else if (!ownerIsGoing) claims.release.push(object)
    } else if (matching && !ownerIsGoing && object.metadata.deletionTimestamp === undefined) {
      claims.adopt.push(object)
    }
  }
  return claims
}

/** The owner reference that a controller puts on what it creates. */
export function controllerReference(owner: KubeObject) {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  }
}

/** A strategic merge patch that makes `owner` the controller of an object, guarded by the object's uid. */
export function adoptionPatch(owner: KubeObject, object: KubeObject) {
  return { metadata: { ownerReferences: [controllerReference(owner)], uid: object.metadata.uid } }
}

/** A strategic merge patch that ends the ownership. */
export function releasePatch(owner: KubeObject, object: KubeObject) {
  return {
    metadata: { ownerReferences: [{ $patch: "delete", uid: owner.metadata.uid }], uid: object.metadata.uid },
  }
}
