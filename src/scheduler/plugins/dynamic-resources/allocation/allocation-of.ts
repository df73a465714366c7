import type { NodeSelector, NodeSelectorRequirement } from "../../../../api/core/v1/node-selector.ts"
import type {
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
} from "../../../../api/resource/v1/allocation-result.ts"
import type { DeviceClass } from "../../../../api/resource/v1/device-class.ts"
import type { ResourceClaim } from "../../../../api/resource/v1/resource-claim.ts"
import { formatQuantities } from "../../../../machinery/quantity/quantity-list.ts"
import { AllocationError } from "./allocation-error.ts"
import type { Choice, ClaimToAllocate } from "./search.ts"
import type { WantedDevices } from "./wanted-devices.ts"

/** The allocation of a claim as its status has it. `newShareId` makes the uid of a use of a shared device. */
export function allocationOf(
  { claim, requests }: ClaimToAllocate,
  choices: readonly Choice[],
  nodeName: string,
  newShareId: () => string,
): AllocationResult {
  const taken = requests.flatMap((ways) => ways.find((way) => choices.some(({ wanted }) => wanted === way)) ?? [])
  const config = [...configOfClasses(taken), ...configOfClaim(claim, taken)]
  const nodeSelector = nodesOf(choices, nodeName)
  return {
    devices: { results: choices.map((choice) => resultOf(choice, newShareId)), ...(config.length > 0 && { config }) },
    ...(nodeSelector && { nodeSelector }),
  }
}

function resultOf({ wanted, candidate, shared }: Choice, newShareId: () => string): DeviceRequestAllocationResult {
  const { device, slice } = candidate
  const { tolerations } = wanted.request
  const { bindingConditions, bindingFailureConditions } = device
  return {
    request: wanted.reference,
    driver: slice.spec.driver,
    pool: slice.spec.pool.name,
    device: device.name,
    ...(wanted.adminAccess && { adminAccess: true }),
    ...(tolerations && { tolerations }),
    ...(bindingConditions && { bindingConditions }),
    ...(bindingFailureConditions && { bindingFailureConditions }),
    ...(shared && { shareID: newShareId() }),
    ...(shared && shared.size > 0 && { consumedCapacity: formatQuantities(shared) }),
  }
}

/** The settings of each class once, for all requests that use it. */
function configOfClasses(taken: readonly WantedDevices[]): DeviceAllocationConfiguration[] {
  const byClass = new Map<string, { deviceClass: DeviceClass; references: string[] }>()
  for (const { deviceClass, reference } of taken) {
    const known = byClass.get(deviceClass.metadata.name)
    if (known === undefined) byClass.set(deviceClass.metadata.name, { deviceClass, references: [reference] })
    else known.references.push(reference)
  }
  return [...byClass.values()].flatMap(({ deviceClass, references }) =>
    (deviceClass.spec.config ?? []).map((config) => ({ source: "FromClass", requests: references, ...config })),
  )
}

function configOfClaim({ spec }: ResourceClaim, taken: readonly WantedDevices[]): DeviceAllocationConfiguration[] {
  return (spec.devices.config ?? []).flatMap((config) => {
    const { requests = [] } = config
    if (requests.length === 0) return [{ source: "FromClaim", ...config }]
    const concerned = taken.filter(
      ({ reference, parent }) => requests.includes(parent ?? reference) || requests.includes(reference),
    )
    return concerned.map(() => ({ source: "FromClaim", ...config }))
  })
}

/** Where all the devices can be used; undefined: everywhere. */
function nodesOf(choices: readonly Choice[], nodeName: string): NodeSelector | undefined {
  const matchFields: NodeSelectorRequirement[] = []
  const matchExpressions: NodeSelectorRequirement[] = []
  for (const { candidate } of choices) {
    const { device, slice } = candidate
    const { nodeName: only, nodeSelector } = slice.spec.perDeviceNodeSelection ? device : slice.spec
    if (only !== undefined || device.bindsToNode) {
      const field = { key: "metadata.name", operator: "In", values: [nodeName] }
      return { nodeSelectorTerms: [{ matchFields: [field] }] }
    }
    const { nodeSelectorTerms = [] } = nodeSelector ?? {}
    const [term] = nodeSelectorTerms
    if (nodeSelectorTerms.length > 1) {
      throw new AllocationError(`unsupported ResourceSlice.NodeSelector with ${nodeSelectorTerms.length} terms`)
    }
    for (const requirement of term?.matchFields ?? []) addNew(matchFields, requirement)
    for (const requirement of term?.matchExpressions ?? []) addNew(matchExpressions, requirement)
  }
  if (matchFields.length + matchExpressions.length === 0) return undefined
  const term = {
    ...(matchExpressions.length > 0 && { matchExpressions }),
    ...(matchFields.length > 0 && { matchFields }),
  }
  return { nodeSelectorTerms: [term] }
}

function addNew(requirements: NodeSelectorRequirement[], added: NodeSelectorRequirement): void {
  const values = (one: NodeSelectorRequirement) => [...new Set(one.values)].sort().join("\0")
  const isKnown = requirements.some(
    (known) => known.key === added.key && known.operator === added.operator && values(known) === values(added),
  )
  if (!isKnown) requirements.push(added)
}
