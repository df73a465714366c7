import { type NodeIdentity, nodeTerm } from "../../../../api/core/v1/node-affinity.ts"
import type { NodeSelector } from "../../../../api/core/v1/node-selector.ts"
import type { Device } from "../../../../api/resource/v1/device.ts"
import type { ResourceSlice } from "../../../../api/resource/v1/resource-slice.ts"
import { parseQuantity, type Quantity } from "../../../../machinery/quantity/quantity.ts"
import { type DeviceId, deviceId } from "./device-id.ts"

/** A device, and where it comes from. */
export interface PoolDevice {
  readonly id: DeviceId
  readonly device: Device
  readonly slice: ResourceSlice
  readonly pool: Pool
}

/** The devices of one driver that are managed together, as seen from one node. */
export interface Pool {
  /** `driver/pool`. */
  readonly id: string
  /** The driver is writing it, or has written nonsense: no device of it can be given now. */
  readonly unusable?: "incomplete" | "invalid"
  /** Those that may be for this node, in the order in which they are tried. */
  readonly devices: readonly PoolDevice[]
  /** Those for other nodes, which may use up counters. */
  readonly elsewhere: readonly PoolDevice[]
  /** What there is of each counter, by set and name. */
  readonly counters: ReadonlyMap<string, ReadonlyMap<string, Quantity>>
}

/** All slices of the cluster, arranged for quick answers. */
export class SliceIndex {
  readonly #onNode = new Map<string, ResourceSlice[]>()
  readonly #shared: ResourceSlice[] = []
  readonly #byPool = new Map<string, ResourceSlice[]>()

  constructor(slices: Iterable<ResourceSlice>) {
    for (const slice of slices) {
      const { nodeName, sharedCounters = [] } = slice.spec
      if (nodeName && sharedCounters.length === 0) append(this.#onNode, nodeName, slice)
      else this.#shared.push(slice)
      append(this.#byPool, poolId(slice), slice)
    }
  }

  /** Slices that may be for the node. */
  near(nodeName: string): readonly ResourceSlice[] {
    return [...(this.#onNode.get(nodeName) ?? []), ...this.#shared]
  }

  ofPool(id: string): readonly ResourceSlice[] {
    return this.#byPool.get(id) ?? []
  }
}

function append<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}

const poolId = ({ spec }: ResourceSlice) => `${spec.driver}/${spec.pool.name}`

/**
 * The pools that have something for the node, in the order in which their devices are tried: by name, those last whose
 * devices take time to be attached. What drivers have replaced already is left out.
 */
export function gatherPools(slices: SliceIndex, node: NodeIdentity): Pool[] {
  const found = new Map<string, ResourceSlice[]>()
  for (const slice of slices.near(node.name)) if (isFor(slice, node)) addNewest(found, slice)
  const pools: Pool[] = []
  for (const [id, near] of found) {
    const pool = poolOf(id, near, slices)
    if (pool !== undefined) pools.push(pool)
  }
  const late = (pool: Pool) => (pool.devices.some(({ device }) => device.bindingConditions !== undefined) ? 1 : 0)
  return pools.sort((left, right) => late(left) - late(right) || compareText(left.id, right.id))
}

const compareText = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0)

function isFor({ spec }: ResourceSlice, node: NodeIdentity): boolean {
  // Whatever they say of nodes, a pool does not work without its counters.
  if ((spec.sharedCounters ?? []).length > 0) return true
  if (spec.nodeName || spec.allNodes || spec.nodeSelector !== undefined) return isOn(spec, node)
  return (spec.perDeviceNodeSelection ?? false) && (spec.devices ?? []).some((device) => isOn(device, node))
}

interface Whereabouts {
  readonly nodeName?: string
  readonly allNodes?: boolean
  readonly nodeSelector?: NodeSelector
}

/** Whether devices that are said to be there can be used on the node. */
export function isOn({ nodeName, allNodes, nodeSelector }: Whereabouts, node: NodeIdentity): boolean {
  if (nodeName) return nodeName === node.name
  if (allNodes) return true
  return nodeSelector?.nodeSelectorTerms.some((term) => nodeTerm(term)(node)) ?? false
}

function addNewest(found: Map<string, ResourceSlice[]>, slice: ResourceSlice): void {
  const id = poolId(slice)
  const known = found.get(id)
  const newest = known?.[0]?.spec.pool.generation ?? 0
  const { generation } = slice.spec.pool
  if (known === undefined || generation > newest) found.set(id, [slice])
  else if (generation === newest) known.push(slice)
}

/** Undefined when there is a newer generation that has nothing for the node. */
function poolOf(id: string, near: readonly ResourceSlice[], slices: SliceIndex): Pool | undefined {
  const { generation = 0, resourceSliceCount = 0 } = near[0]?.spec.pool ?? {}
  if (near.length === resourceSliceCount) return buildPool(id, near, [])
  const all = slices.ofPool(id)
  if (all.some(({ spec }) => spec.pool.generation > generation)) return undefined
  const current = all.filter(({ spec }) => spec.pool.generation === generation)
  if (current.length !== resourceSliceCount) return unusable(id, "incomplete")
  const names = new Set(near.map(({ metadata }) => metadata.name))
  return buildPool(
    id,
    near,
    current.filter(({ metadata }) => !names.has(metadata.name)),
  )
}

function unusable(id: string, why: "incomplete" | "invalid"): Pool {
  return { id, unusable: why, devices: [], elsewhere: [], counters: new Map() }
}

function buildPool(id: string, near: readonly ResourceSlice[], far: readonly ResourceSlice[]): Pool {
  const sorted = near.toSorted((left, right) => compareText(left.metadata.name, right.metadata.name))
  const counters = countersOf(sorted)
  if (counters === undefined) return unusable(id, "invalid")
  const devices: PoolDevice[] = []
  const elsewhere: PoolDevice[] = []
  const pool: Pool = { id, devices, elsewhere, counters }
  for (const slice of sorted) devices.push(...devicesOf(slice, pool))
  for (const slice of far) elsewhere.push(...devicesOf(slice, pool))
  const isSound =
    new Set(devices.map((device) => device.id)).size === devices.length &&
    [...devices, ...elsewhere].every((device) => consumesWhatThereIs(device, counters))
  return isSound ? pool : unusable(id, "invalid")
}

function* devicesOf(slice: ResourceSlice, pool: Pool): Generator<PoolDevice> {
  const {
    driver,
    pool: { name },
    devices = [],
  } = slice.spec
  for (const device of devices) yield { id: deviceId({ driver, pool: name, device: device.name }), device, slice, pool }
}

/** Undefined when two sets have the same name. */
function countersOf(slices: readonly ResourceSlice[]): Map<string, Map<string, Quantity>> | undefined {
  const sets = new Map<string, Map<string, Quantity>>()
  for (const { name, counters } of slices.flatMap(({ spec }) => spec.sharedCounters ?? [])) {
    if (sets.has(name)) return undefined
    sets.set(name, new Map(Object.entries(counters).map(([counter, { value }]) => [counter, parseQuantity(value)])))
  }
  return sets
}

function consumesWhatThereIs({ device }: PoolDevice, sets: Pool["counters"]): boolean {
  return (device.consumesCounters ?? []).every(({ counterSet, counters }) => {
    const set = sets.get(counterSet)
    return set !== undefined && Object.keys(counters).every((name) => set.has(name))
  })
}
