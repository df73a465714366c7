const MiB = 1024 * 1024
const GiB = 1024 * MiB

/** From which size on, largest first, by Kubernetes' names. */
const ranges: readonly (readonly [bytes: number, name: string])[] = [
  [100 * GiB, "GT100GB"],
  [60 * GiB, "60GB-100GB"],
  [40 * GiB, "40GB-60GB"],
  [30 * GiB, "30GB-40GB"],
  [20 * GiB, "20GB-30GB"],
  [10 * GiB, "10GB-20GB"],
  [5 * GiB, "5GB-10GB"],
  [GiB, "1GB-5GB"],
  [500 * MiB, "500MB-1GB"],
  [100 * MiB, "100MB-500MB"],
  [10 * MiB, "10MB-100MB"],
]

/** How metrics name images of such a size. */
export function sizeRange(bytes: number): string {
  if (bytes === 0) return "N/A"
  return ranges.find(([from]) => bytes > from)?.[1] ?? "0-10MB"
}
