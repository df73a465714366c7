import type { BindingTable, RoleTable } from "./rule-text.ts"

/**
 * For what this server answers besides Kubernetes' own groups. Metrics-server brings a role of another name for the same,
 * so that both can be installed.
 */
export const OWN_ROLES: RoleTable = { "gantry:metrics-reader": ["get,list,watch nodes,pods in metrics.k8s.io"] }

/** For the node's network beyond what kube-proxy does: network policies are about pods everywhere. */
export const OWN_COMPONENT_ROLES: RoleTable = {
  "gantry:node-network": ["list,watch namespaces,pods in core", "list,watch networkpolicies in networking.k8s.io"],
}
export const OWN_BINDINGS: BindingTable = { "gantry:node-network": ["User system:kube-proxy"] }

/** Every node reads how names outside the cluster are resolved. */
export const OWN_NAMESPACE_ROLES: RoleTable = {
  "kube-system/gantry:node-network": ["get,list,watch configmaps in core named kube-dns"],
}
export const OWN_NAMESPACE_BINDINGS: BindingTable = {
  "kube-system/gantry:node-network": ["User system:kube-proxy"],
}
