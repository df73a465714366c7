/** What version 1 has no fields for stands in its annotations. Version 2 has fields, and so never these annotations. */

export const METRICS = "autoscaling.alpha.kubernetes.io/metrics"
export const CURRENT_METRICS = "autoscaling.alpha.kubernetes.io/current-metrics"
export const CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions"
export const BEHAVIOR = "autoscaling.alpha.kubernetes.io/behavior"
const ALL = [
  METRICS,
  CURRENT_METRICS,
  CONDITIONS,
  BEHAVIOR,
  "autoscaling.alpha.kubernetes.io/scale-down-tolerance",
  "autoscaling.alpha.kubernetes.io/scale-up-tolerance",
]

export function dropRoundTripAnnotations(metadata: { annotations?: Record<string, string> }): void {
  const { annotations } = metadata
  if (annotations === undefined) return
  for (const name of ALL) delete annotations[name]
  if (Object.keys(annotations).length === 0) delete metadata.annotations
}
