import type { DeviceAttribute } from "../../../../api/resource/v1/device.ts"
import type { DeviceConstraint } from "../../../../api/resource/v1/device-claim.ts"
import type { PoolDevice } from "./pools.ts"
import type { WantedDevices } from "./wanted-devices.ts"

/** What the devices of a claim must have in common. Once a device does not fit, more devices will not make it fit. */
export interface Constraint {
  /** Whether the device may join those that were added. It then has. */
  add(wanted: WantedDevices, device: PoolDevice): boolean
  /** Takes the device back that was added last. */
  remove(wanted: WantedDevices): void
}

/** Undefined: of a kind that is not known. */
export function constraintOf({
  requests,
  matchAttribute,
  distinctAttribute,
}: DeviceConstraint): Constraint | undefined {
  const concerns = (wanted: WantedDevices) =>
    requests === undefined ||
    requests.length === 0 ||
    requests.includes(wanted.reference) ||
    (wanted.parent !== undefined && requests.includes(wanted.parent))
  if (matchAttribute !== undefined) {
    return new AttributeConstraint(matchAttribute, concerns, (value, others) =>
      others.every((other) => other === value),
    )
  }
  if (distinctAttribute !== undefined) {
    return new AttributeConstraint(distinctAttribute, concerns, (value, others) => !others.includes(value))
  }
  return undefined
}

class AttributeConstraint implements Constraint {
  readonly #attribute: string
  readonly #concerns: (wanted: WantedDevices) => boolean
  readonly #fits: (value: string, others: readonly string[]) => boolean
  readonly #values: string[] = []

  constructor(
    attribute: string,
    concerns: (wanted: WantedDevices) => boolean,
    fits: (value: string, others: readonly string[]) => boolean,
  ) {
    this.#attribute = attribute
    this.#concerns = concerns
    this.#fits = fits
  }

  add(wanted: WantedDevices, { device, slice }: PoolDevice): boolean {
    if (!this.#concerns(wanted)) return true
    const attribute = attributeOf(device.attributes ?? {}, slice.spec.driver, this.#attribute)
    const value = attribute && comparable(attribute)
    if (value === undefined || !this.#fits(value, this.#values)) return false
    this.#values.push(value)
    return true
  }

  remove(wanted: WantedDevices): void {
    if (this.#concerns(wanted)) this.#values.pop()
  }
}

/** By its name with domain, or, if that is the driver's, by the name alone. */
function attributeOf(
  attributes: Readonly<Record<string, DeviceAttribute>>,
  driver: string,
  name: string,
): DeviceAttribute | undefined {
  if (Object.hasOwn(attributes, name)) return attributes[name]
  const slash = name.indexOf("/")
  const short = name.slice(slash + 1)
  return slash >= 0 && name.slice(0, slash) === driver && Object.hasOwn(attributes, short)
    ? attributes[short]
    : undefined
}

/** Values of different kinds are never the same. Versions have only one way to be written. */
function comparable({ string, int, bool, version }: DeviceAttribute): string | undefined {
  if (string !== undefined) return `string ${string}`
  if (int !== undefined) return `int ${int}`
  if (bool !== undefined) return `bool ${bool}`
  return version === undefined ? undefined : `version ${version}`
}
