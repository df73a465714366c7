import type { NodeIdentity } from "../../../api/core/v1/node-affinity.ts"
import { nodeTerm } from "../../../api/core/v1/node-affinity.ts"
import type { Pod } from "../../../api/core/v1/pod.ts"
import type { AllocationResult } from "../../../api/resource/v1/allocation-result.ts"
import type { DeviceClass } from "../../../api/resource/v1/device-class.ts"
import { isReservedFor } from "../../../api/resource/v1/pod-claims.ts"
import type { ResourceClaim } from "../../../api/resource/v1/resource-claim.ts"
import { messageOf } from "../../../machinery/status/message-of.ts"
import {
  normalizeByMax,
  type PluginHost,
  type PodPlan,
  type PostFilterOutcome,
  type Rejection,
  rejectForGood,
  type Scoring,
} from "../../framework.ts"
import type { NodeState } from "../../node-state.ts"
import { allocateDevices } from "./allocation/allocate.ts"
import { InvalidPoolsError } from "./allocation/allocation-error.ts"
import type { SliceIndex } from "./allocation/pools.ts"
import { SearchTimeoutError } from "./allocation/search.ts"
import { awaitDevices } from "./await-devices.ts"
import { bindingDeadlineMs, readinessOf } from "./binding-conditions.ts"
import type { ClaimCache } from "./claim-cache.ts"
import { type ExtendedClaim, isInMemory, type NodeClaim } from "./extended-claim.ts"
import { deallocateClaim, deleteClaim, reserveClaim, unreserveClaim } from "./write-claim.ts"

/** What the plugin shares between all pods. */
export interface DeviceHost {
  readonly host: PluginHost
  readonly cache: ClaimCache
  readonly slices: () => SliceIndex
  readonly classes: (name: string) => DeviceClass | undefined
  readonly bindingTimeoutMs: number
}

/** What a pod would get on a node: an allocation for each claim that has none. */
interface Offer {
  readonly allocations: readonly Allocation[]
  readonly extended?: NodeClaim
}

interface Allocation {
  readonly claim: ResourceClaim
  readonly allocation: AllocationResult
}

const ALTERNATIVES_MAX = 8

/** The devices of one pod in one cycle, and afterwards while it is bound. */
export class PodDevices implements PodPlan {
  readonly #shared: DeviceHost
  readonly #pod: Pod
  /** Those that the spec names, replaced by what was written. */
  readonly #claims: ResourceClaim[]
  readonly #extended: ExtendedClaim | undefined
  readonly #offers = new Map<string, Offer>()
  /** Claims whose allocation stands in the way of some node. */
  readonly #unavailable = new Set<ResourceClaim>()
  #chosen: Offer | undefined
  #written: ResourceClaim | undefined

  constructor(shared: DeviceHost, pod: Pod, claims: readonly ResourceClaim[], extended: ExtendedClaim | undefined) {
    this.#shared = shared
    this.#pod = pod
    this.#claims = [...claims]
    this.#extended = extended
  }

  readonly filter = (state: NodeState): Rejection | undefined => {
    const node = { name: state.name, labels: state.node.metadata.labels ?? {} }
    const extended = this.#extended?.forNode(state)
    if (typeof extended === "string") return rejectForGood(extended)
    const unavailable = this.#claims.filter((claim) => !this.#isUsableOn(claim, node))
    const wanted = this.#claims.filter(({ status }) => status.allocation === undefined)
    if (extended !== undefined) wanted.push(extended.claim)
    const allocations = wanted.length === 0 ? [] : this.#allocate(wanted, node)
    if ("reasons" in allocations) return allocations
    for (const claim of unavailable) this.#unavailable.add(claim)
    if (unavailable.length > 0) return rejectForGood("resourceclaim not available on the node")
    this.#offers.set(node.name, { allocations, ...(extended && { extended }) })
    return undefined
  }

  #isUsableOn(claim: ResourceClaim, node: NodeIdentity): boolean {
    const { allocation } = claim.status
    if (allocation === undefined) return true
    const { nodeSelector } = allocation
    if (nodeSelector !== undefined && !nodeSelector.nodeSelectorTerms.some((term) => nodeTerm(term)(node))) return false
    const { type } = readinessOf(claim)
    if (type !== "waiting") return type === "ready"
    const { host, bindingTimeoutMs } = this.#shared
    const deadlineMs = bindingDeadlineMs(claim, bindingTimeoutMs)
    return deadlineMs === undefined || host.platform.clock.nowMs() <= deadlineMs
  }

  #allocate(claims: readonly ResourceClaim[], node: NodeIdentity): readonly Allocation[] | Rejection {
    const { slices, cache, classes, host } = this.#shared
    const input = { slices: slices(), inUse: cache.inUse, classes, newShareId: () => host.platform.random.uuid() }
    try {
      const found = allocateDevices(claims, node, input)
      if (found === undefined) return rejectForGood("cannot allocate all claims")
      return claims.map((claim, index) => ({ claim, allocation: found[index] as AllocationResult }))
    } catch (error) {
      if (error instanceof InvalidPoolsError) return rejectForGood(error.message)
      if (error instanceof SearchTimeoutError) throw new Error(`node ${node.name}: ${error.message}`, { cause: error })
      throw error
    }
  }

  /** The better the alternatives that a node offers, the better the node. */
  readonly preScore = (): Scoring => ({
    score: ({ name }) => {
      const given = new Map(this.#offers.get(name)?.allocations.map(({ claim, allocation }) => [claim, allocation]))
      return this.#claims.reduce((sum, claim) => sum + scoreOf(claim, claim.status.allocation ?? given.get(claim)), 0)
    },
    normalize: (scores) => normalizeByMax(scores, false),
  })

  readonly postFilter = async (): Promise<PostFilterOutcome> => {
    const writer = this.#shared.host
    for (const claim of this.#unavailable) {
      const users = claim.status.reservedFor ?? []
      if (users.some(({ uid }) => uid !== this.#pod.metadata.uid)) continue
      this.#shared.cache.setWritten(await deallocateClaim(writer, claim))
      return { message: "deallocation of ResourceClaim completed" }
    }
    const stale = this.#extended?.claim
    if (stale !== undefined && !isInMemory(stale)) {
      await deleteClaim(writer, stale)
      return { message: "deletion of ResourceClaim completed" }
    }
    return { message: "still not schedulable" }
  }

  readonly reserve = (nodeName: string): Rejection | undefined => {
    this.#chosen = this.#offers.get(nodeName)
    for (const { claim, allocation } of this.#chosen?.allocations ?? []) {
      this.#shared.cache.addPending({ ...claim, status: { ...claim.status, allocation } })
    }
    return undefined
  }

  readonly unreserve = (): void => {
    const { cache, host } = this.#shared
    for (const { claim } of this.#chosen?.allocations ?? []) cache.removePending(claim.metadata.uid)
    const failed = (what: string) => (error: unknown) => host.platform.log.warn(what, { error })
    for (const claim of this.#claims) {
      if (claim.status.allocation === undefined || !isReservedFor(this.#pod, claim)) continue
      void unreserveClaim(host, claim, this.#pod).catch(failed("resource claim was not unreserved"))
    }
    if (this.#written !== undefined) {
      void deleteClaim(host, this.#written).catch(failed("claim for extended resources was not deleted"))
    }
  }

  readonly preBind = async (nodeName: string, signal: AbortSignal): Promise<void> => {
    const { host, cache } = this.#shared
    const allocations = new Map(this.#chosen?.allocations.map(({ claim, allocation }) => [claim, allocation]))
    try {
      for (const [index, claim] of this.#claims.entries()) {
        if (isReservedFor(this.#pod, claim)) continue
        this.#claims[index] = await this.#bind(claim, allocations.get(claim), claim.metadata.uid)
      }
      await this.#bindExtended(allocations)
      const claims = this.#written === undefined ? this.#claims : [...this.#claims, this.#written]
      await awaitDevices(this.#shared, this.#pod, nodeName, claims, signal)
    } catch (error) {
      // A conflict about a claim is none about the pod.
      throw new Error(messageOf(error), { cause: error })
    } finally {
      for (const { claim } of this.#chosen?.allocations ?? []) cache.removePending(claim.metadata.uid)
    }
    host.platform.log.debug("devices are reserved", { pod: this.#pod.metadata.name, node: nodeName })
  }

  async #bind(claim: ResourceClaim, allocation: AllocationResult | undefined, pendingUid: string) {
    const { host, cache } = this.#shared
    const written = await reserveClaim(host, claim, allocation, this.#pod)
    cache.setWritten(written)
    cache.removePending(pendingUid)
    return written
  }

  async #bindExtended(allocations: ReadonlyMap<ResourceClaim, AllocationResult>): Promise<void> {
    const extended = this.#chosen?.extended
    if (extended === undefined) return
    this.#written = await extended.create(this.#shared.host)
    const allocation = allocations.get(extended.claim)
    this.#written = await this.#bind(this.#written, allocation, extended.claim.metadata.uid)
    await extended.record(this.#shared.host, this.#pod, this.#written)
  }
}

function scoreOf({ spec }: ResourceClaim, allocation: AllocationResult | undefined): number {
  const given = new Set(allocation?.devices.results?.map(({ request }) => request))
  let score = 0
  for (const { name, firstAvailable = [] } of spec.devices.requests) {
    for (const [index, alternative] of firstAvailable.entries()) {
      if (given.has(`${name}/${alternative.name}`)) score += ALTERNATIVES_MAX - index
    }
  }
  return score
}
