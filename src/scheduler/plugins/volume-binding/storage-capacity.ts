import type { NodeIdentity } from "../../../api/core/v1/node-affinity.ts"
import type { PersistentVolumeClaim } from "../../../api/core/v1/persistent-volume-claim.ts"
import type { CSIStorageCapacity } from "../../../api/storage/v1/csi-storage-capacity.ts"
import type { StorageClass } from "../../../api/storage/v1/storage-class.ts"
import { compareQuantities, parseQuantity, type Quantity } from "../../../machinery/quantity/quantity.ts"
import { compileLabelSelector } from "../../../machinery/selectors/label-selector.ts"
import type { StorageView } from "./find-volumes.ts"

/**
 * Whether the driver has told of enough free storage for the claim that the node can reach. Drivers that do not tell
 * are trusted. https://kubernetes.io/docs/concepts/storage/storage-capacity/
 */
export function hasCapacity(
  { spec }: PersistentVolumeClaim,
  { metadata, provisioner }: StorageClass,
  node: NodeIdentity,
  { driver, capacities }: Pick<StorageView, "driver" | "capacities">,
): boolean {
  const requested = spec.resources.requests?.["storage"]
  if (requested === undefined || !driver(provisioner)?.spec.storageCapacity) return true
  const size = parseQuantity(requested)
  return capacities().some((capacity) => {
    if (capacity.storageClassName !== metadata.name) return false
    const limit = volumeLimit(capacity)
    return limit !== undefined && compareQuantities(limit, size) >= 0 && isReachable(capacity, node)
  })
}

/** How large a volume may be there; undefined: not known. The size of one volume is more precise than what is left in all. */
export function volumeLimit({ maximumVolumeSize, capacity }: CSIStorageCapacity): Quantity | undefined {
  const text = maximumVolumeSize ?? capacity
  return text === undefined ? undefined : parseQuantity(text)
}

function isReachable({ nodeTopology }: CSIStorageCapacity, { labels }: NodeIdentity): boolean {
  return nodeTopology !== undefined && compileLabelSelector(nodeTopology).matches(labels)
}
