import type {
  CapacityRequestPolicy,
  CapacityRequestPolicyRange,
  DeviceCapacity,
} from "../../../../api/resource/v1/device.ts"
import type { CapacityRequirements } from "../../../../api/resource/v1/device-claim.ts"
import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  type Quantity,
  quantityOf,
  quantityValue,
} from "../../../../machinery/quantity/quantity.ts"
import type { Capacities } from "./allocated-devices.ts"

type DeviceCapacities = Readonly<Record<string, DeviceCapacity>>

/**
 * How much of each of its capacities a use of the device takes; undefined when the request cannot be met by such a
 * device, however little of it is in use.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/#consumable-capacity
 */
export function consumptionOf(
  requirements: CapacityRequirements | undefined,
  capacities: DeviceCapacities = {},
): Capacities | undefined {
  const requests = requirements?.requests ?? {}
  if (Object.keys(requests).some((name) => !Object.hasOwn(capacities, name))) return undefined
  const consumed = new Map<string, Quantity>()
  for (const [name, capacity] of Object.entries(capacities)) {
    const request = Object.hasOwn(requests, name) ? requests[name] : undefined
    const amount = amountFor(request, capacity)
    if (violates(amount, capacity.requestPolicy)) return undefined
    consumed.set(name, amount)
  }
  return consumed
}

/** Whether the device has that much left beside what all these take. */
export function hasRoomFor(
  amounts: Capacities,
  capacities: DeviceCapacities = {},
  ...others: readonly (Capacities | undefined)[]
): boolean {
  for (const [name, { value }] of Object.entries(capacities)) {
    const parts = [amounts.get(name), ...others.map((other) => other?.get(name))]
    const sum = parts.filter((part) => part !== undefined).reduce(addQuantities, quantityOf(0, "DecimalSI"))
    if (compareQuantities(sum, parseQuantity(value)) > 0) return false
  }
  return true
}

function amountFor(request: string | undefined, { value, requestPolicy: policy }: DeviceCapacity): Quantity {
  if (request === undefined) return parseQuantity(policy?.default ?? value)
  const wanted = parseQuantity(request)
  if (policy?.validRange?.min !== undefined) return roundedUp(wanted, policy.validRange.min, policy.validRange.step)
  const possible = policy?.validValues?.map(parseQuantity)
  return possible?.find((amount) => compareQuantities(wanted, amount) <= 0) ?? wanted
}

function roundedUp(wanted: Quantity, min: string, step: string | undefined): Quantity {
  const least = parseQuantity(min)
  if (compareQuantities(wanted, least) < 0) return least
  if (step === undefined) return wanted
  const size = quantityValue(parseQuantity(step))
  const from = quantityValue(least)
  return quantityOf(from + size * Math.ceil((quantityValue(wanted) - from) / size), "BinarySI")
}

function violates(amount: Quantity, policy: CapacityRequestPolicy | undefined): boolean {
  if (policy === undefined) return false
  if (policy.default !== undefined && compareQuantities(amount, parseQuantity(policy.default)) === 0) return false
  if (policy.validRange !== undefined) return violatesRange(amount, policy.validRange)
  const { validValues = [] } = policy
  return validValues.length > 0 && !validValues.some((valid) => compareQuantities(amount, parseQuantity(valid)) === 0)
}

function violatesRange(amount: Quantity, { min, max, step }: CapacityRequestPolicyRange): boolean {
  if (max !== undefined && compareQuantities(amount, parseQuantity(max)) > 0) return true
  if (step === undefined) return false
  const above = quantityValue(amount) - quantityValue(parseQuantity(min ?? "0"))
  return above % quantityValue(parseQuantity(step)) !== 0
}
