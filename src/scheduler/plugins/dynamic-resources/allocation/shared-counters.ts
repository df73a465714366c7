import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  type Quantity,
  subtractQuantities,
} from "../../../../machinery/quantity/quantity.ts"
import type { DevicesInUse } from "./allocated-devices.ts"
import type { Pool, PoolDevice } from "./pools.ts"

type Counters = Map<string, Map<string, Quantity>>

/**
 * What is left of the counters that devices of a pool share, so that a device is not given whole and in parts at once.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/#partitionable-devices
 */
export class SharedCounters {
  readonly #inUse: DevicesInUse
  readonly #left = new Map<Pool, Counters>()

  constructor(inUse: DevicesInUse) {
    this.#inUse = inUse
  }

  /** Takes what the device needs, if all of it is there. */
  take(device: PoolDevice): boolean {
    const left = this.#leftIn(device.pool)
    const needs = needsOf(device)
    const enough = needs.every(([set, name, amount]) => {
      const available = left.get(set)?.get(name)
      return available !== undefined && compareQuantities(available, amount) >= 0
    })
    if (enough) change(left, device, subtractQuantities)
    return enough
  }

  giveBack(device: PoolDevice): void {
    change(this.#leftIn(device.pool), device, addQuantities)
  }

  #leftIn(pool: Pool): Counters {
    const known = this.#left.get(pool)
    if (known !== undefined) return known
    const left: Counters = new Map([...pool.counters].map(([name, set]) => [name, new Map(set)]))
    for (const device of [...pool.devices, ...pool.elsewhere]) {
      if (this.#inUse.isTaken(device.id) || this.#inUse.consumed(device.id) !== undefined) {
        change(left, device, subtractQuantities)
      }
    }
    this.#left.set(pool, left)
    return left
  }
}

function needsOf({ device }: PoolDevice): (readonly [set: string, name: string, amount: Quantity])[] {
  return (device.consumesCounters ?? []).flatMap(({ counterSet, counters }) =>
    Object.entries(counters).map(([name, { value }]) => [counterSet, name, parseQuantity(value)] as const),
  )
}

function change(
  left: Counters,
  device: PoolDevice,
  operation: (available: Quantity, amount: Quantity) => Quantity,
): void {
  for (const [set, name, amount] of needsOf(device)) {
    const counters = left.get(set)
    const available = counters?.get(name)
    if (available !== undefined) counters?.set(name, operation(available, amount))
  }
}
