import type { ClaimUsage, VolumeAmounts } from "../../volumes/volumes.ts"
import type { Metric } from "./exposition.ts"

const GAUGES: readonly { readonly name: string; readonly help: string; readonly of: keyof VolumeAmounts }[] = [
  { name: "capacity_bytes", help: "Capacity in bytes of the volume", of: "capacityBytes" },
  { name: "available_bytes", help: "Number of available bytes in the volume", of: "availableBytes" },
  { name: "used_bytes", help: "Number of used bytes in the volume", of: "usedBytes" },
  { name: "inodes", help: "Maximum number of inodes in the volume", of: "inodes" },
  { name: "inodes_free", help: "Number of free inodes in the volume", of: "inodesFree" },
  { name: "inodes_used", help: "Number of used inodes in the volume", of: "inodesUsed" },
]

/** What the volumes of claims hold, under the names that dashboards and alerts look for. */
export function volumeMetrics(claims: readonly ClaimUsage[]): Metric[] {
  return GAUGES.map(({ help, name, of }) => ({
    name: `kubelet_volume_stats_${name}`,
    help: `[ALPHA] ${help}`,
    type: "gauge",
    samples: claims.map((claim) => {
      return { labels: { namespace: claim.namespace, persistentvolumeclaim: claim.name }, value: claim[of] }
    }),
  }))
}
