type Labels = Readonly<Record<string, string>> | undefined

/** Labels of Kubernetes' own that a kubelet may set on its node. */
const KUBELET_LABELS: ReadonlySet<string> = new Set([
  "kubernetes.io/hostname",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
  "beta.kubernetes.io/instance-type",
  "node.kubernetes.io/instance-type",
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
])
const KUBELET_DOMAINS = ["kubelet.kubernetes.io", "node.kubernetes.io"]
/** For labels by which pods are kept off nodes, so a node must not give them to itself. */
const RESTRICTED_DOMAIN = "node-restriction.kubernetes.io"

/** The changed labels that a kubelet may not change, in order. */
export function checkNodeLabels(now: Labels, before: Labels): readonly string[] {
  const keys = new Set([...Object.keys(now ?? {}), ...Object.keys(before ?? {})])
  return [...keys].filter((key) => now?.[key] !== before?.[key] && isForbidden(key)).sort()
}

function isForbidden(label: string): boolean {
  const slash = label.indexOf("/")
  const domain = slash < 0 ? "" : label.slice(0, slash)
  if (isWithin(domain, RESTRICTED_DOMAIN)) return true
  if (!isWithin(domain, "kubernetes.io") && !isWithin(domain, "k8s.io")) return false
  return !KUBELET_LABELS.has(label) && !KUBELET_DOMAINS.some((allowed) => isWithin(domain, allowed))
}

function isWithin(domain: string, parent: string): boolean {
  return domain === parent || domain.endsWith(`.${parent}`)
}
