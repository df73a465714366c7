import { list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const ScopedResourceSelectorRequirement = struct("io.k8s.api.core.v1.ScopedResourceSelectorRequirement", {
  scopeName: string(1, { doc: "", required: true }),
  operator: string(2, { doc: "", required: true }),
  values: list(3, "string", { doc: "", listType: "atomic" }),
})
export type ScopedResourceSelectorRequirement = TypeOf<typeof ScopedResourceSelectorRequirement>

export const ScopeSelector = struct(
  "io.k8s.api.core.v1.ScopeSelector",
  {
    matchExpressions: list(1, ScopedResourceSelectorRequirement, { doc: "", listType: "atomic" }),
  },
  { mapType: "atomic" },
)
export type ScopeSelector = TypeOf<typeof ScopeSelector>

export const ResourceQuotaSpec = struct("io.k8s.api.core.v1.ResourceQuotaSpec", {
  hard: map(1, "quantity", { doc: "" }),
  scopes: list(2, "string", { doc: "", listType: "atomic" }),
  scopeSelector: message(3, ScopeSelector, { doc: "" }),
})
export type ResourceQuotaSpec = TypeOf<typeof ResourceQuotaSpec>

export const ResourceQuotaStatus = struct("io.k8s.api.core.v1.ResourceQuotaStatus", {
  hard: map(1, "quantity", { doc: "" }),
  used: map(2, "quantity", { doc: "" }),
})
export type ResourceQuotaStatus = TypeOf<typeof ResourceQuotaStatus>

/** TODO(doc) */
export const ResourceQuota = defineResource({
  group: "",
  version: "v1",
  kind: "ResourceQuota",
  plural: "resourcequotas",
  shortNames: ["quota"],
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "",
  definition: "io.k8s.api.core.v1.ResourceQuota",
  fields: {
    spec: message(2, ResourceQuotaSpec, { doc: "", always: true }),
    status: message(3, ResourceQuotaStatus, { doc: "", always: true }),
  },
})
export type ResourceQuota = ObjectOf<typeof ResourceQuota>
