import { FieldSelectorRequirement, LabelSelectorRequirement } from "../../../machinery/meta/label-selector.ts"
import { bool, list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const FieldSelectorAttributes = struct("io.k8s.api.authorization.v1.FieldSelectorAttributes", {
  rawSelector: string(1, { doc: "" }),
  requirements: list(2, FieldSelectorRequirement, { doc: "", listType: "atomic" }),
})
export type FieldSelectorAttributes = TypeOf<typeof FieldSelectorAttributes>

export const LabelSelectorAttributes = struct("io.k8s.api.authorization.v1.LabelSelectorAttributes", {
  rawSelector: string(1, { doc: "" }),
  requirements: list(2, LabelSelectorRequirement, { doc: "", listType: "atomic" }),
})
export type LabelSelectorAttributes = TypeOf<typeof LabelSelectorAttributes>

export const ResourceAttributes = struct("io.k8s.api.authorization.v1.ResourceAttributes", {
  namespace: string(1, { doc: "" }),
  verb: string(2, { doc: "" }),
  group: string(3, { doc: "" }),
  version: string(4, { doc: "" }),
  resource: string(5, { doc: "" }),
  subresource: string(6, { doc: "" }),
  name: string(7, { doc: "" }),
  fieldSelector: message(8, FieldSelectorAttributes, { doc: "" }),
  labelSelector: message(9, LabelSelectorAttributes, { doc: "" }),
})
export type ResourceAttributes = TypeOf<typeof ResourceAttributes>

export const NonResourceAttributes = struct("io.k8s.api.authorization.v1.NonResourceAttributes", {
  path: string(1, { doc: "" }),
  verb: string(2, { doc: "" }),
})
export type NonResourceAttributes = TypeOf<typeof NonResourceAttributes>

export const SubjectAccessReviewSpec = struct("io.k8s.api.authorization.v1.SubjectAccessReviewSpec", {
  resourceAttributes: message(1, ResourceAttributes, { doc: "" }),
  nonResourceAttributes: message(2, NonResourceAttributes, { doc: "" }),
  user: string(3, { doc: "" }),
  groups: list(4, "string", { doc: "", listType: "atomic" }),
  extra: map(5, { listOf: "string" }, { doc: "" }),
  uid: string(6, { doc: "" }),
})
export type SubjectAccessReviewSpec = TypeOf<typeof SubjectAccessReviewSpec>

export const SubjectAccessReviewStatus = struct("io.k8s.api.authorization.v1.SubjectAccessReviewStatus", {
  allowed: bool(1, { doc: "", required: true }),
  denied: bool(4, { doc: "" }),
  reason: string(2, { doc: "" }),
  evaluationError: string(3, { doc: "" }),
})
export type SubjectAccessReviewStatus = TypeOf<typeof SubjectAccessReviewStatus>
