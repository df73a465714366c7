import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { pathSegmentName } from "../../../machinery/names/identifiers.ts"
import { list, string, struct } from "../../../machinery/schema/fields.ts"
import type { Format, TypeOf } from "../../../machinery/schema/schema.ts"

export const RBAC_GROUP = "rbac.authorization.k8s.io"

/** Names of roles may hold colons and more: `system:node`. */
export const rbacName: Format = { name: "pathSegmentName", check: pathSegmentName }

export const PolicyRule = struct(
  "io.k8s.api.rbac.v1.PolicyRule",
  {
    verbs: list(1, "string", {
      doc: "The actions, such as get, list, watch, create or delete; * means all.",
      required: true,
      listType: "atomic",
    }),
    apiGroups: list(2, "string", {
      doc: "The API groups of the resources; an empty text is the core group, * means all.",
      listType: "atomic",
    }),
    resources: list(3, "string", {
      doc: "The resources, such as pods or pods/log; * means all, and */scale one subresource of all.",
      listType: "atomic",
    }),
    resourceNames: list(4, "string", {
      doc: "Only objects with these names. Empty: all. It cannot hold for create, where the name is not known yet.",
      listType: "atomic",
    }),
    nonResourceURLs: list(5, "string", {
      doc: "Paths outside the resources, such as /metrics; a * at the end stands for any rest. Only in cluster roles that are bound in the whole cluster.",
      listType: "atomic",
    }),
  },
  { doc: "Actions that are allowed. A rule is either about resources or about URLs." },
)
export type PolicyRule = TypeOf<typeof PolicyRule>

export const Subject = struct(
  "io.k8s.api.rbac.v1.Subject",
  {
    kind: string(1, { doc: "User, Group or ServiceAccount.", required: true }),
    apiGroup: string(2, { doc: "Empty for service accounts, else rbac.authorization.k8s.io. Filled in by default." }),
    name: string(3, { doc: "The name of the user, group or account.", required: true }),
    namespace: string(4, {
      doc: "The namespace of the service account. Needed for accounts, not allowed for the others.",
    }),
  },
  {
    doc: "A user, group or service account that gets a role.",
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
    apiGroup: string(1, {
      doc: "The API group of the role: rbac.authorization.k8s.io, which is also the default.",
      default: RBAC_GROUP,
      always: true,
    }),
    kind: string(2, { doc: "Role or ClusterRole.", required: true }),
    name: string(3, { doc: "The name of the role.", required: true }),
  },
  { doc: "The role that a binding gives.", mapType: "atomic" },
)
export type RoleRef = TypeOf<typeof RoleRef>

export const AggregationRule = struct(
  "io.k8s.api.rbac.v1.AggregationRule",
  {
    clusterRoleSelectors: list(1, LabelSelector, {
      doc: "Labels of cluster roles; the rules of every role that matches one of the selectors are taken over.",
      listType: "atomic",
    }),
  },
  { doc: "Which other cluster roles a cluster role is put together from." },
)
export type AggregationRule = TypeOf<typeof AggregationRule>
