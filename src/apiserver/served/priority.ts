/**
 * Which groups and versions clients should prefer when several have what they look for: the higher first. The numbers of
 * the groups that come with Kubernetes are Kubernetes' own, because clients see them in objects of kind APIService.
 */
export interface Priority {
  readonly group: number
  readonly version: number
}

const GROUP_PRIORITY = new Map([
  ["apiregistration.k8s.io", 20_000],
  ["", 18_000],
  ["apps", 17_800],
  ["events.k8s.io", 17_750],
  ["authentication.k8s.io", 17_700],
  ["authorization.k8s.io", 17_600],
  ["autoscaling", 17_500],
  ["batch", 17_400],
  ["certificates.k8s.io", 17_300],
  ["networking.k8s.io", 17_200],
  ["policy", 17_100],
  ["rbac.authorization.k8s.io", 17_000],
  ["storage.k8s.io", 16_800],
  ["admissionregistration.k8s.io", 16_700],
  ["apiextensions.k8s.io", 16_700],
  ["scheduling.k8s.io", 16_600],
  ["coordination.k8s.io", 16_500],
  ["node.k8s.io", 16_300],
  ["discovery.k8s.io", 16_200],
  ["resource.k8s.io", 16_200],
  ["flowcontrol.apiserver.k8s.io", 16_100],
  ["internal.apiserver.k8s.io", 16_000],
  ["storagemigration.k8s.io", 15_800],
  // As metrics-server registers itself.
  ["metrics.k8s.io", 100],
])

/** Versions of built-in groups that do not have 15. */
const VERSION_PRIORITY = new Map([
  ["/v1", 1],
  ["apiregistration.k8s.io/v1", 18],
  ["autoscaling/v2", 30],
  ["resource.k8s.io/v1", 21],
  ["flowcontrol.apiserver.k8s.io/v1", 21],
  ["metrics.k8s.io/v1beta1", 100],
])

/** Of groups that somebody defined. */
export const CUSTOM_PRIORITY: Priority = { group: 1000, version: 100 }

export function priorityOf(group: string, version: string): Priority {
  const known = GROUP_PRIORITY.get(group)
  if (known === undefined) return CUSTOM_PRIORITY
  return { group: known, version: VERSION_PRIORITY.get(`${group}/${version}`) ?? 15 }
}
