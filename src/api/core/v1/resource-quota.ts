import { sortedKeys } from "../../../machinery/json/key-order.ts"
import { compareQuantities, parseQuantity } from "../../../machinery/quantity/quantity.ts"
import { list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age } from "../../columns.ts"
import {
  validateResourceQuota,
  validateResourceQuotaStatus,
  validateResourceQuotaUpdate,
} from "./validation/resource-quota.ts"

export const ScopedResourceSelectorRequirement = struct(
  "io.k8s.api.core.v1.ScopedResourceSelectorRequirement",
  {
    scopeName: string(1, {
      doc: "The trait: Terminating, NotTerminating, BestEffort, NotBestEffort, PriorityClass, CrossNamespacePodAffinity or VolumeAttributesClass.",
      required: true,
    }),
    operator: string(2, {
      doc: "In, NotIn, Exists or DoesNotExist. Only PriorityClass and VolumeAttributesClass allow other than Exists.",
      required: true,
    }),
    values: list(3, "string", { doc: "The values for In and NotIn; empty for the others.", listType: "atomic" }),
  },
  { doc: "Which objects count, by one of their traits." },
)
export type ScopedResourceSelectorRequirement = TypeOf<typeof ScopedResourceSelectorRequirement>

export const ScopeSelector = struct(
  "io.k8s.api.core.v1.ScopeSelector",
  {
    matchExpressions: list(1, ScopedResourceSelectorRequirement, { doc: "The conditions.", listType: "atomic" }),
  },
  { doc: "Which objects count; all conditions must hold.", mapType: "atomic" },
)
export type ScopeSelector = TypeOf<typeof ScopeSelector>

export const ResourceQuotaSpec = struct(
  "io.k8s.api.core.v1.ResourceQuotaSpec",
  {
    hard: map(1, "quantity", {
      doc: "The limit for each name, such as requests.cpu, limits.memory, pods or count/deployments.apps.",
    }),
    scopes: list(2, "string", {
      doc: "Traits that objects must have to count, all of them. Default: everything counts.",
      listType: "atomic",
    }),
    scopeSelector: message(3, ScopeSelector, { doc: "Like scopes, but it can also compare with values." }),
  },
  { doc: "How much a namespace may use." },
)
export type ResourceQuotaSpec = TypeOf<typeof ResourceQuotaSpec>

export const ResourceQuotaStatus = struct(
  "io.k8s.api.core.v1.ResourceQuotaStatus",
  {
    hard: map(1, "quantity", { doc: "The limits that are in force." }),
    used: map(2, "quantity", { doc: "How much of each is used." }),
  },
  { doc: "How much a namespace uses." },
)
export type ResourceQuotaStatus = TypeOf<typeof ResourceQuotaStatus>

/** What is used and what is allowed, by name. */
function useCell({ hard = {}, used = {} }: ResourceQuotaStatus, ofLimits: boolean): string {
  return sortedKeys(hard)
    .filter((name) => name.startsWith("limits.") === ofLimits)
    .map((name) => `${name}: ${used[name] ?? "0"}/${hard[name]}`)
    .join(", ")
}

/** Requests beyond limits can never be used up. */
function warnings({ spec }: { readonly spec: ResourceQuotaSpec }, old: unknown): readonly string[] {
  if (old !== undefined) return []
  const { hard = {} } = spec
  return ["cpu", "memory", "storage", "ephemeral-storage"].flatMap((name) => {
    const isShort = name === "cpu" || name === "memory"
    const asked = hard[`requests.${name}`] === undefined && isShort ? name : `requests.${name}`
    const [request, limit] = [hard[asked], hard[`limits.${name}`]]
    if (request === undefined || limit === undefined) return []
    if (compareQuantities(parseQuantity(request), parseQuantity(limit)) <= 0) return []
    return [`ResourceQuota ${asked} (${request}) should be less than limits.${name} (${limit})`]
  })
}

/** Limits how much a namespace may use in all. https://kubernetes.io/docs/concepts/policy/resource-quotas/ */
export const ResourceQuota = defineResource({
  group: "",
  version: "v1",
  kind: "ResourceQuota",
  plural: "resourcequotas",
  shortNames: ["quota"],
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "Limits how much a namespace may use in all. What would go beyond is refused.",
  definition: "io.k8s.api.core.v1.ResourceQuota",
  columns: [
    {
      name: "Request",
      type: "string",
      doc: "What is used and allowed, but for limits.",
      value: ({ status }) => useCell(status, false),
    },
    {
      name: "Limit",
      type: "string",
      doc: "The limits that are used and allowed.",
      value: ({ status }) => useCell(status, true),
    },
    age,
  ],
  strategy: {
    unconditionalUpdate: true,
    returnsDeleted: true,
    warnings,
    validate: validateResourceQuota,
    validateUpdate: validateResourceQuotaUpdate,
    validateStatusUpdate: validateResourceQuotaStatus,
  },
  fields: {
    spec: message(2, ResourceQuotaSpec, { doc: "The limits.", always: true }),
    status: message(3, ResourceQuotaStatus, { doc: "How much is used. Read only for users.", always: true }),
  },
})
export type ResourceQuota = ObjectOf<typeof ResourceQuota>
