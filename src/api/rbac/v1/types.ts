import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { pathSegmentName } from "../../../machinery/names/identifiers.ts"
import { list, string, struct } from "../../../machinery/schema/fields.ts"
import type { Format, TypeOf } from "../../../machinery/schema/schema.ts"

export const RBAC_GROUP = "rbac.authorization.k8s.io"

/** Names of roles may hold colons and more: `system:node`. */
export const rbacName: Format = { name: "pathSegmentName", check: pathSegmentName }

export const PolicyRule = struct("io.k8s.api.rbac.v1.PolicyRule", {
  verbs: list(1, "string", { doc: "", required: true, listType: "atomic" }),
  apiGroups: list(2, "string", { doc: "", listType: "atomic" }),
  resources: list(3, "string", { doc: "", listType: "atomic" }),
  resourceNames: list(4, "string", { doc: "", listType: "atomic" }),
  nonResourceURLs: list(5, "string", { doc: "", listType: "atomic" }),
})
export type PolicyRule = TypeOf<typeof PolicyRule>

export const Subject = struct(
  "io.k8s.api.rbac.v1.Subject",
  {
    kind: string(1, { doc: "", required: true }),
    apiGroup: string(2, { doc: "" }),
    name: string(3, { doc: "", required: true }),
    namespace: string(4, { doc: "" }),
  },
  {
    mapType: "atomic",
    defaults: (subject) => {
      if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup ||= RBAC_GROUP
    },
  },
)
export type Subject = TypeOf<typeof Subject>

export const RoleRef = struct(
  "io.k8s.api.rbac.v1.RoleRef",
  {
    apiGroup: string(1, { doc: "", default: RBAC_GROUP, always: true }),
    kind: string(2, { doc: "", required: true }),
    name: string(3, { doc: "", required: true }),
  },
  { mapType: "atomic" },
)
export type RoleRef = TypeOf<typeof RoleRef>

export const AggregationRule = struct("io.k8s.api.rbac.v1.AggregationRule", {
  clusterRoleSelectors: list(1, LabelSelector, { doc: "", listType: "atomic" }),
})
export type AggregationRule = TypeOf<typeof AggregationRule>
