import type { RoleTable } from "./rule-text.ts"

/**
 * For what this server answers besides Kubernetes' own groups. Metrics-server brings a role of another name for the same,
 * so that both can be installed.
 */
export const OWN_ROLES: RoleTable = { "gantry:metrics-reader": ["get,list,watch nodes,pods in metrics.k8s.io"] }
