import { keepsAway, toleratesTaint } from "../../../../api/resource/v1/device-tolerations.ts"
import type { ResourceClaim } from "../../../../api/resource/v1/resource-claim.ts"
import type { Capacities } from "./allocated-devices.ts"
import { AllocationError } from "./allocation-error.ts"
import { type Constraint, constraintOf } from "./constraints.ts"
import { consumptionOf, hasRoomFor } from "./consumable-capacity.ts"
import type { DeviceId } from "./device-id.ts"
import { isSelected } from "./device-selection.ts"
import type { PoolDevice } from "./pools.ts"
import { SharedCounters } from "./shared-counters.ts"
import { DEVICES_MAX, type Surroundings, type WantedDevices } from "./wanted-devices.ts"

/** A device that was chosen for a request. */
export interface Choice {
  readonly wanted: WantedDevices
  readonly candidate: PoolDevice
  /** What it takes of a device that it shares with others. */
  readonly shared?: Capacities
}

/** What is to be allocated: claim by claim, and for each of its requests the ways to meet it. */
export interface ClaimToAllocate {
  readonly claim: ResourceClaim
  readonly requests: readonly (readonly WantedDevices[])[]
}

/** The search ended without a solution; `too-many`: only because a claim would have had more devices than it may. */
type Outcome = "done" | "no" | "too-many"

/** So many steps take some seconds, after which nobody waits any more: kube-scheduler gives up after 10 s per node. */
const STEPS_MAX = 500_000

/** The search takes too long; there may still be a solution. */
export class SearchTimeoutError extends Error {
  constructor() {
    super("timed out trying to allocate devices")
    this.name = "SearchTimeoutError"
  }
}

/**
 * Tries all devices for all requests in all orders that make a difference, and keeps the first solution: claim after
 * claim, request after request, device after device. Each device that is tried counts as taken from then on, and is
 * given back when the rest cannot be met.
 */
export class DeviceSearch {
  /** The devices of each claim. */
  readonly choices: readonly Choice[][]
  readonly #claims: readonly ClaimToAllocate[]
  readonly #around: Surroundings
  readonly #devices: readonly PoolDevice[]
  readonly #constraints: readonly (readonly Constraint[])[]
  readonly #counters: SharedCounters
  /** For which of the claims a device was chosen. */
  readonly #chosen = new Map<DeviceId, Set<number>>()
  readonly #shared = new Map<DeviceId, Capacities[]>()
  #steps = 0

  /** Throws `AllocationError` for constraints of an unknown kind. */
  constructor(claims: readonly ClaimToAllocate[], surroundings: Surroundings) {
    this.#claims = claims
    this.#around = surroundings
    this.choices = claims.map(() => [])
    this.#devices = surroundings.pools.flatMap(({ devices }) => devices)
    this.#counters = new SharedCounters(surroundings.inUse)
    this.#constraints = claims.map(({ claim }) => constraintsOf(claim))
  }

  /** Whether everything can be allocated; `choices` are the devices then. Throws `AllocationError` or `SearchTimeoutError`. */
  run(): boolean {
    return this.#claim(0) === "done"
  }

  #claim(index: number): Outcome {
    if (index >= this.#claims.length) return "done"
    const outcome = this.#request(index, 0)
    // An alternative with fewer devices for an earlier claim may still leave room.
    return index > 0 && outcome === "too-many" ? "no" : outcome
  }

  #request(claim: number, index: number): Outcome {
    const ways = this.#claims[claim]?.requests[index]
    if (ways === undefined) return this.#claim(claim + 1)
    let outcome: Outcome = "too-many"
    for (const wanted of ways) {
      const next = this.#device(claim, index, wanted, 0, 0)
      if (next === "done") return "done"
      if (next === "no") outcome = "no"
    }
    return outcome
  }

  /** `from`: where to go on among the devices. The order of devices within a request makes no difference. */
  #device(claim: number, request: number, wanted: WantedDevices, index: number, from: number): Outcome {
    if (++this.#steps > STEPS_MAX) throw new SearchTimeoutError()
    const { all, count } = wanted
    if (all?.length === 0) return "no"
    if (index >= count) return this.#request(claim, request + 1)
    const already = this.choices[claim]?.length ?? 0
    if (already + count - index > DEVICES_MAX) return "too-many"
    if (all !== undefined) {
      const candidate = all[index]
      if (candidate === undefined || !this.#choose(claim, wanted, candidate)) return "no"
      return this.#goOn(claim, candidate, () => this.#device(claim, request, wanted, index + 1, 0))
    }
    for (let at = from; at < this.#devices.length; at++) {
      const candidate = this.#devices[at]
      if (candidate === undefined || this.#isInUse(claim, wanted, candidate.id)) continue
      if (!isSelected(wanted, candidate, this.#around.node) || !this.#choose(claim, wanted, candidate)) continue
      const outcome = this.#goOn(claim, candidate, () => this.#device(claim, request, wanted, index + 1, at + 1))
      if (outcome !== "no") return outcome
    }
    return "no"
  }

  #goOn(claim: number, candidate: PoolDevice, next: () => Outcome): Outcome {
    const outcome = next()
    if (outcome !== "done") this.#takeBack(claim, candidate)
    return outcome
  }

  /** Administration goes on beside others' use, but a claim gets a device once. */
  #isInUse(claim: number, { adminAccess }: WantedDevices, id: DeviceId): boolean {
    const chosen = this.#chosen.get(id)
    if (adminAccess) return chosen?.has(claim) ?? false
    return this.#around.inUse.isTaken(id) || (chosen?.size ?? 0) > 0
  }

  /** Takes the device for the request, if nothing speaks against it. */
  #choose(claim: number, wanted: WantedDevices, candidate: PoolDevice): boolean {
    const { id, device } = candidate
    if (this.#isInUse(claim, wanted, id)) return false
    const { tolerations = [] } = wanted.request
    const isTolerated = (device.taints ?? [])
      .filter(keepsAway)
      .every((taint) => tolerations.some((toleration) => toleratesTaint(toleration, taint)))
    if (!isTolerated) return false
    const amounts = consumptionOf(wanted.request.capacity, device.capacity)
    const others = [this.#around.inUse.consumed(id), ...(this.#shared.get(id) ?? [])]
    if (amounts === undefined || !hasRoomFor(amounts, device.capacity, ...others)) return false
    // The first one to share a device takes the counters for all of them.
    const takesCounters = !this.#isShared(candidate)
    if (takesCounters && !this.#counters.take(candidate)) return false
    if (!this.#satisfies(claim, wanted, candidate)) {
      if (takesCounters) this.#counters.giveBack(candidate)
      return false
    }
    this.#keep(claim, wanted, candidate, amounts)
    return true
  }

  #isShared({ id, device }: PoolDevice): boolean {
    if (!device.allowMultipleAllocations) return false
    return this.#around.inUse.consumed(id) !== undefined || (this.#shared.get(id)?.length ?? 0) > 0
  }

  #satisfies(claim: number, wanted: WantedDevices, candidate: PoolDevice): boolean {
    const constraints = this.#constraints[claim] ?? []
    const failed = constraints.findIndex((constraint) => !constraint.add(wanted, candidate))
    if (failed < 0) return true
    for (const constraint of constraints.slice(0, failed)) constraint.remove(wanted)
    if (wanted.all === undefined) return false
    const why = `cannot add device ${candidate.id} because a claim constraint would not be satisfied`
    const name = wanted.reference.slice(wanted.reference.lastIndexOf("/") + 1)
    throw new AllocationError(`claim ${wanted.claim}, request ${name}: ${why}`)
  }

  #keep(claim: number, wanted: WantedDevices, candidate: PoolDevice, amounts: Capacities): void {
    const { id, device } = candidate
    if (device.allowMultipleAllocations) {
      this.#shared.set(id, [...(this.#shared.get(id) ?? []), amounts])
      this.choices[claim]?.push({ wanted, candidate, shared: amounts })
    } else {
      this.#chosen.set(id, (this.#chosen.get(id) ?? new Set()).add(claim))
      this.choices[claim]?.push({ wanted, candidate })
    }
  }

  #takeBack(claim: number, candidate: PoolDevice): void {
    const choice = this.choices[claim]?.pop()
    if (choice === undefined) return
    for (const constraint of this.#constraints[claim] ?? []) constraint.remove(choice.wanted)
    this.#chosen.get(candidate.id)?.delete(claim)
    if (choice.shared !== undefined) this.#shared.get(candidate.id)?.pop()
    if (!this.#isShared(candidate)) this.#counters.giveBack(candidate)
  }
}

function constraintsOf({ metadata, spec }: ResourceClaim): Constraint[] {
  return (spec.devices.constraints ?? []).map((one, index) => {
    const constraint = constraintOf(one)
    if (constraint !== undefined) return constraint
    const why = "empty constraint (unsupported constraint type?)"
    throw new AllocationError(`claim ${metadata.namespace}/${metadata.name}, constraint #${index}: ${why}`)
  })
}
