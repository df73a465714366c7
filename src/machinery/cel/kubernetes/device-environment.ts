import type { CostEstimator, CostNode, SizeEstimate } from "../cost/estimate.ts"
import type { CelEnvironment } from "../environment.ts"
import { bindingsLibrary } from "../stdlib/two-variable-library.ts"
import { anyType, boolType, mapOf, stringType } from "../types.ts"
import { type DeclaredType, simpleType, structType, typeProviderOf } from "./declared-type.ts"
import { kubernetesEnvironment } from "./environment.ts"
import { estimateEquality } from "./equality-cost.ts"
import { quantityType } from "./quantity.ts"

/** How large the parts of a device can be, as validation of resource slices has it. */
const DRIVER_SIZE = 63
const DOMAIN_SIZE = 63
const ID_SIZE = 32
const VALUE_SIZE = 64
const ENTRIES_MAX = 32

/** A map whose keys have a size of their own, which maps in schemas do not. */
interface SizedMap extends DeclaredType {
  readonly key: DeclaredType
  readonly element: DeclaredType
}

function sizedMap(key: DeclaredType, element: DeclaredType): SizedMap {
  return { type: mapOf(stringType, element.type), sizeMax: ENTRIES_MAX, bytesMin: "{}".length, key, element }
}

const domain = simpleType(stringType, 2, DOMAIN_SIZE)
const id = simpleType(stringType, 2, ID_SIZE)
const attribute = simpleType(anyType, 1, VALUE_SIZE)
const capacity = simpleType(quantityType, 8)

const device = structType(
  "kubernetes.DRADevice",
  new Map<string, DeclaredType>([
    ["driver", simpleType(stringType, 2, DRIVER_SIZE)],
    ["allowMultipleAllocations", simpleType(boolType, 4, 1)],
    ["attributes", sizedMap(domain, sizedMap(id, attribute))],
    ["capacity", sizedMap(domain, sizedMap(id, capacity))],
  ]),
)

let environment: CelEnvironment | undefined

/** For selectors of devices: the variable `device`, and `cel.bind`. Made once. */
export function deviceEnvironment(): CelEnvironment {
  environment ??= kubernetesEnvironment().extend({
    libraries: [bindingsLibrary],
    variables: [{ name: "device", type: device.type }],
    typeProviders: [typeProviderOf(device)],
  })
  return environment
}

/** Knows how large a device's parts can be. */
export const deviceCosts: CostEstimator = {
  estimateSize: sizeWithinDevice,
  estimateCall: (name, _overload, _target, args) => estimateEquality(name, args),
}

function sizeWithinDevice({ path }: CostNode): SizeEstimate | undefined {
  if (path === undefined || path[0] !== "device") return undefined
  let at: (DeclaredType & { readonly key?: DeclaredType }) | undefined = device
  for (const step of path.slice(1)) at = partOf(at, step)
  return at && { min: 0, max: at.sizeMax }
}

function partOf(at: (DeclaredType & { readonly key?: DeclaredType }) | undefined, step: string) {
  if (step === "@items" || step === "@values") return at?.element
  if (step === "@keys") return at?.key
  // Every attribute can have any name, and all of them have the same limit.
  return at?.fields?.get(step) ?? (at?.element === attribute ? attribute : undefined)
}
