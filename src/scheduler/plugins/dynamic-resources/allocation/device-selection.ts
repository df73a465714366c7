import type { NodeIdentity } from "../../../../api/core/v1/node-affinity.ts"
import type { Device } from "../../../../api/resource/v1/device.ts"
import type { DeviceSelector } from "../../../../api/resource/v1/device-selector.ts"
import {
  compileDeviceSelector,
  DeviceSelectorError,
  type DeviceSelectorExpression,
} from "../../../../machinery/cel/kubernetes/device-selector.ts"
import { NewestMap } from "../../../../machinery/newest-map.ts"
import { AllocationError } from "./allocation-error.ts"
import { isOn, type PoolDevice } from "./pools.ts"
import type { WantedDevices } from "./wanted-devices.ts"

/** Few expressions are in use at a time; beyond that many, the oldest is compiled anew when it comes back. */
const EXPRESSIONS_MAX = 256

const compiled = new NewestMap<string, DeviceSelectorExpression>(EXPRESSIONS_MAX)
/** Devices never change, so neither do the answers about them. */
const answers = new WeakMap<Device, Map<string, boolean>>()

/** Whether the device is one that the request asks for. Throws `AllocationError` when a selector cannot tell. */
export function isSelected(wanted: WantedDevices, candidate: PoolDevice, node: NodeIdentity): boolean {
  const { deviceClass, request, claim } = wanted
  const ofClass = `class ${deviceClass.metadata.name}`
  const ofClaim = `claim ${claim}`
  return (
    (deviceClass.spec.selectors ?? []).every((selector, i) =>
      matches(selector, candidate, `${ofClass}: selector #${i}`),
    ) &&
    (request.selectors ?? []).every((selector, i) => matches(selector, candidate, `${ofClaim}: selector #${i}`)) &&
    (!candidate.slice.spec.perDeviceNodeSelection || isOn(candidate.device, node))
  )
}

function matches({ cel }: DeviceSelector, { device, slice }: PoolDevice, what: string): boolean {
  if (cel === undefined) throw new AllocationError(`${what}: CEL expression empty (unsupported selector type?)`)
  const known = answers.get(device)?.get(cel.expression)
  if (known !== undefined) return known
  const expression = expressionOf(cel.expression)
  if (!expression.ok) throw new AllocationError(`${what}: CEL compile error: ${expression.message}`)
  try {
    const answer = expression.matches(slice.spec.driver, device)
    const ofDevice = answers.get(device) ?? new Map<string, boolean>()
    answers.set(device, ofDevice.set(cel.expression, answer))
    return answer
  } catch (error) {
    if (!(error instanceof DeviceSelectorError)) throw error
    throw new AllocationError(`${what}: CEL runtime error: ${error.message}`, { cause: error })
  }
}

function expressionOf(source: string): DeviceSelectorExpression {
  const known = compiled.get(source)
  if (known !== undefined) return known
  const expression = compileDeviceSelector(source)
  compiled.set(source, expression)
  return expression
}
