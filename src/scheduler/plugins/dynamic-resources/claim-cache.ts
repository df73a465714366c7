import type { Pod } from "../../../api/core/v1/pod.ts"
import { EXTENDED_RESOURCE_CLAIM } from "../../../api/resource/v1/pod-claims.ts"
import type { ResourceClaim } from "../../../api/resource/v1/resource-claim.ts"
import { type Informer, type Key, keyOf } from "../../../client/informer.ts"
import { AllocatedDevices } from "./allocation/allocated-devices.ts"

/** Index of claims that were generated for extended resources, by the uid of their pod. */
const BY_POD = "extendedResourcesOf"

/**
 * The claims as they are or are about to be: what we have written counts before the watch shows it, and devices that
 * are chosen but not written yet are nobody else's.
 */
export class ClaimCache {
  /** All devices that somebody has or is about to have. */
  readonly inUse = new AllocatedDevices()
  readonly #informer: Informer<ResourceClaim>
  readonly #written = new Map<Key, ResourceClaim>()
  /** Each claim in the state in which its devices are counted. */
  readonly #counted = new Map<Key, ResourceClaim>()
  /** Claims with the allocation that is being written, by uid. */
  readonly #pending = new Map<string, ResourceClaim>()

  constructor(informer: Informer<ResourceClaim>) {
    this.#informer = informer
    informer.addIndex(BY_POD, ({ metadata }) => {
      if (metadata.annotations?.[EXTENDED_RESOURCE_CLAIM] !== "true") return []
      return (metadata.ownerReferences ?? []).filter(({ controller }) => controller).map(({ uid }) => uid)
    })
    informer.onChange(({ type, object }) => {
      const key = keyOf(object)
      const written = this.#written.get(key)
      const isSuperseded = written !== undefined && versionOf(written) <= versionOf(object)
      if (isSuperseded || (type === "deleted" && written?.metadata.uid === object.metadata.uid))
        this.#written.delete(key)
      this.#count(key)
    })
  }

  get(key: Key): ResourceClaim | undefined {
    return this.#written.get(key) ?? this.#informer.get(key)
  }

  /** The claim that was generated for extended resources of the pod. */
  ofExtendedResources({ metadata }: Pod): ResourceClaim | undefined {
    const [claim] = this.#informer.indexed(BY_POD, metadata.uid)
    return claim && this.get(keyOf(claim))
  }

  /** Whether devices were chosen for the claim that it does not have yet. */
  isPending({ metadata }: ResourceClaim): boolean {
    return this.#pending.has(metadata.uid)
  }

  /** `claim` has the allocation that it will get. */
  addPending(claim: ResourceClaim): void {
    this.#pending.set(claim.metadata.uid, claim)
    this.inUse.add(claim)
  }

  /** The allocation has been written, or will not be. */
  removePending(uid: string): void {
    const claim = this.#pending.get(uid)
    if (claim === undefined) return
    this.#pending.delete(uid)
    this.inUse.remove(claim)
  }

  /** What the API answered to a write of ours. */
  setWritten(claim: ResourceClaim): void {
    const key = keyOf(claim)
    const seen = this.#informer.get(key)
    if (seen !== undefined && versionOf(seen) >= versionOf(claim)) return
    this.#written.set(key, claim)
    this.#count(key)
  }

  #count(key: Key): void {
    const before = this.#counted.get(key)
    const now = this.get(key)
    if (before?.status.allocation === now?.status.allocation && before !== undefined && now !== undefined) return
    if (before !== undefined) this.inUse.remove(before)
    if (now === undefined) this.#counted.delete(key)
    else {
      this.inUse.add(now)
      this.#counted.set(key, now)
    }
  }
}

const versionOf = ({ metadata }: ResourceClaim): number => Number(metadata.resourceVersion)
