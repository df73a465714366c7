import { FieldSelectorRequirement, LabelSelectorRequirement } from "../../../machinery/meta/label-selector.ts"
import { bool, list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const FieldSelectorAttributes = struct(
  "io.k8s.api.authorization.v1.FieldSelectorAttributes",
  {
    rawSelector: string(1, { doc: "The selector as text, as it stands in a query. Not together with requirements." }),
    requirements: list(2, FieldSelectorRequirement, {
      doc: "The selector's parts, all of which must hold.",
      listType: "atomic",
    }),
  },
  { doc: "A field selector of the request in question." },
)
export type FieldSelectorAttributes = TypeOf<typeof FieldSelectorAttributes>

export const LabelSelectorAttributes = struct(
  "io.k8s.api.authorization.v1.LabelSelectorAttributes",
  {
    rawSelector: string(1, { doc: "The selector as text, as it stands in a query. Not together with requirements." }),
    requirements: list(2, LabelSelectorRequirement, {
      doc: "The selector's parts, all of which must hold.",
      listType: "atomic",
    }),
  },
  { doc: "A label selector of the request in question." },
)
export type LabelSelectorAttributes = TypeOf<typeof LabelSelectorAttributes>

export const ResourceAttributes = struct(
  "io.k8s.api.authorization.v1.ResourceAttributes",
  {
    namespace: string(1, {
      doc: "The namespace of the objects. Empty: all namespaces, or objects of the whole cluster.",
    }),
    verb: string(2, { doc: "The action, such as get, list, watch, create or delete; * means all." }),
    group: string(3, { doc: "The API group; empty for the core group, * means all." }),
    version: string(4, { doc: "The API version; * means all." }),
    resource: string(5, { doc: "The resource, such as pods; * means all." }),
    subresource: string(6, { doc: "The subresource, such as log. Empty: the object itself." }),
    name: string(7, { doc: "The name of the object. Empty: all of them." }),
    fieldSelector: message(8, FieldSelectorAttributes, { doc: "Only objects whose fields match." }),
    labelSelector: message(9, LabelSelectorAttributes, { doc: "Only objects whose labels match." }),
  },
  { doc: "An action on objects." },
)
export type ResourceAttributes = TypeOf<typeof ResourceAttributes>

export const NonResourceAttributes = struct(
  "io.k8s.api.authorization.v1.NonResourceAttributes",
  {
    path: string(1, { doc: "The path, such as /metrics." }),
    verb: string(2, { doc: "The action, such as get." }),
  },
  { doc: "A request to a path outside the resources." },
)
export type NonResourceAttributes = TypeOf<typeof NonResourceAttributes>

export const SubjectAccessReviewSpec = struct(
  "io.k8s.api.authorization.v1.SubjectAccessReviewSpec",
  {
    resourceAttributes: message(1, ResourceAttributes, {
      doc: "An action on objects. Either this or nonResourceAttributes must be set.",
    }),
    nonResourceAttributes: message(2, NonResourceAttributes, { doc: "A request to a path outside the resources." }),
    user: string(3, { doc: "The user in question. With groups alone, nobody in particular." }),
    groups: list(4, "string", { doc: "The groups in question.", listType: "atomic" }),
    extra: map(5, { listOf: "string" }, { doc: "Further facts about the user, as authentication found them." }),
    uid: string(6, { doc: "The uid of the user." }),
  },
  { doc: "Who wants to do what." },
)
export type SubjectAccessReviewSpec = TypeOf<typeof SubjectAccessReviewSpec>

export const SubjectAccessReviewStatus = struct(
  "io.k8s.api.authorization.v1.SubjectAccessReviewStatus",
  {
    allowed: bool(1, { doc: "Whether the action is allowed.", required: true }),
    denied: bool(4, {
      doc: "Whether the action is expressly forbidden. If neither this nor allowed is true, nobody has allowed it.",
    }),
    reason: string(2, { doc: "Why, in words for people." }),
    evaluationError: string(3, { doc: "What went wrong while deciding; the answer may be right all the same." }),
  },
  { doc: "Whether it is allowed." },
)
export type SubjectAccessReviewStatus = TypeOf<typeof SubjectAccessReviewStatus>
