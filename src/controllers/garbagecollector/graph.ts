import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"

/** Owners that went, and are remembered in case that their kind goes as well. */
const GONE_MAX = 500

/** Who owns whom, over all kinds, kept up to date from the informers. Pure bookkeeping; decisions are in `plan.ts`. */
export class OwnershipGraph {
  readonly #byUid = new Map<string, Placed>()
  readonly #dependents = new Map<string, Set<string>>()
  readonly #gone = new Set<string>()

  put(resource: AnyResource, object: KubeObject): void {
    this.#forgetOwners(object.metadata.uid)
    this.#byUid.set(object.metadata.uid, { resource, object })
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const dependents = this.#dependents.get(uid)
      if (dependents === undefined) this.#dependents.set(uid, new Set([object.metadata.uid]))
      else dependents.add(object.metadata.uid)
    }
  }

  remove(uid: string): void {
    this.#forgetOwners(uid)
    this.#byUid.delete(uid)
    if (!this.#dependents.has(uid)) return
    this.#gone.add(uid)
    for (const oldest of this.#gone) {
      if (this.#gone.size <= GONE_MAX) break
      this.#gone.delete(oldest)
    }
  }

  /** Whether an owner was seen to go. The answer no means nothing: only the newest are remembered. */
  isGone(uid: string): boolean {
    return this.#gone.has(uid)
  }

  find(uid: string): Placed | undefined {
    return this.#byUid.get(uid)
  }

  /** May be gone through more than once. An owner of thousands is looked at each time that one of them goes. */
  dependentsOf(uid: string): Iterable<Placed> {
    const [byUid, dependents] = [this.#byUid, this.#dependents.get(uid) ?? []]
    return {
      *[Symbol.iterator]() {
        for (const dependent of dependents) {
          const found = byUid.get(dependent)
          if (found !== undefined) yield found
        }
      },
    }
  }

  #forgetOwners(uid: string): void {
    for (const owner of this.#byUid.get(uid)?.object.metadata.ownerReferences ?? []) {
      const dependents = this.#dependents.get(owner.uid)
      dependents?.delete(uid)
      if (dependents?.size === 0) this.#dependents.delete(owner.uid)
    }
  }
}

/** An object and the kind it is of. */
export interface Placed {
  readonly resource: AnyResource
  readonly object: KubeObject
}
