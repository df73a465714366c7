import type { ResourceClaim } from "../../../../api/resource/v1/resource-claim.ts"
import {
  addQuantities,
  parseQuantity,
  type Quantity,
  subtractQuantities,
} from "../../../../machinery/quantity/quantity.ts"
import { type DeviceId, deviceId } from "./device-id.ts"

export type Capacities = ReadonlyMap<string, Quantity>

/** Which devices are in use, as far as that keeps others from them. */
export interface DevicesInUse {
  /** Somebody has the whole device. */
  isTaken(id: DeviceId): boolean
  /** What all who share the device have of it; undefined: nobody shares it. */
  consumed(id: DeviceId): Capacities | undefined
}

type Allocated = Pick<ResourceClaim, "status">

/** The devices that claims were given, kept up to date claim by claim. */
export class AllocatedDevices implements DevicesInUse {
  readonly #taken = new Map<DeviceId, number>()
  readonly #shared = new Map<DeviceId, { uses: number; consumed: Map<string, Quantity> }>()

  isTaken(id: DeviceId): boolean {
    return this.#taken.has(id)
  }

  consumed(id: DeviceId): Capacities | undefined {
    return this.#shared.get(id)?.consumed
  }

  add(claim: Allocated): void {
    this.#count(claim, 1)
  }

  /** The claim must have been added in this very state. */
  remove(claim: Allocated): void {
    this.#count(claim, -1)
  }

  #count({ status }: Allocated, sign: 1 | -1): void {
    for (const result of status.allocation?.devices.results ?? []) {
      // Administration goes on beside other uses.
      if (result.adminAccess) continue
      const id = deviceId(result)
      if (result.shareID === undefined) this.#take(id, sign)
      else this.#share(id, result.consumedCapacity ?? {}, sign)
    }
  }

  #take(id: DeviceId, sign: 1 | -1): void {
    const uses = (this.#taken.get(id) ?? 0) + sign
    if (uses > 0) this.#taken.set(id, uses)
    else this.#taken.delete(id)
  }

  #share(id: DeviceId, amounts: Readonly<Record<string, string>>, sign: 1 | -1): void {
    const known = this.#shared.get(id) ?? { uses: 0, consumed: new Map<string, Quantity>() }
    known.uses += sign
    const change = sign === 1 ? addQuantities : subtractQuantities
    for (const [name, text] of Object.entries(amounts)) {
      const amount = parseQuantity(text)
      const before = known.consumed.get(name)
      known.consumed.set(name, before === undefined ? amount : change(before, amount))
    }
    if (known.uses > 0) this.#shared.set(id, known)
    else this.#shared.delete(id)
  }
}
