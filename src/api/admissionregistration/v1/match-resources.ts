import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { inline, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const Rule = struct(
  "io.k8s.api.admissionregistration.v1.Rule",
  {
    apiGroups: list(1, "string", {
      doc: "The API groups; an empty text is the core group, * means all and must then stand alone.",
      listType: "atomic",
    }),
    apiVersions: list(2, "string", {
      doc: "The API versions; * means all and must then stand alone.",
      listType: "atomic",
    }),
    resources: list(3, "string", {
      doc: "The resources, such as pods or pods/status; * means all without subresources, */* all with them.",
      listType: "atomic",
    }),
    scope: string(4, { doc: "Cluster, Namespaced, or * (the default) for both.", pointer: true, default: "*" }),
  },
  { doc: "Requests by what they are about." },
)
export type Rule = TypeOf<typeof Rule>

export const RuleWithOperations = struct(
  "io.k8s.api.admissionregistration.v1.RuleWithOperations",
  {
    operations: list(1, "string", {
      doc: "CREATE, UPDATE, DELETE, CONNECT, or * for all of them.",
      listType: "atomic",
    }),
    rule: inline(2, Rule),
  },
  { doc: "Requests by what they are about and what they do." },
)
export type RuleWithOperations = TypeOf<typeof RuleWithOperations>

export const MatchCondition = struct(
  "io.k8s.api.admissionregistration.v1.MatchCondition",
  {
    name: string(1, { doc: "A name for messages and metrics, unique in the list.", required: true }),
    expression: string(2, {
      doc: "The CEL expression, with object, oldObject, request and authorizer. False lets the request pass by.",
      required: true,
    }),
  },
  { doc: "A CEL condition on requests." },
)
export type MatchCondition = TypeOf<typeof MatchCondition>

export const NamedRuleWithOperations = struct(
  "io.k8s.api.admissionregistration.v1.NamedRuleWithOperations",
  {
    resourceNames: list(1, "string", { doc: "Only objects with these names. Empty: all.", listType: "atomic" }),
    ruleWithOperations: inline(2, RuleWithOperations),
  },
  { doc: "Requests by what they are about, what they do and the names of the objects.", mapType: "atomic" },
)
export type NamedRuleWithOperations = TypeOf<typeof NamedRuleWithOperations>

export const MatchResources = struct(
  "io.k8s.api.admissionregistration.v1.MatchResources",
  {
    namespaceSelector: message(1, LabelSelector, {
      doc: "Labels of the namespaces in which requests count. Default: all; objects of the whole cluster always count.",
      default: {},
    }),
    objectSelector: message(2, LabelSelector, {
      doc: "Labels of the objects, old or new, that count. Users can avoid it by leaving labels out. Default: all.",
      default: {},
    }),
    resourceRules: list(3, NamedRuleWithOperations, {
      doc: "Requests that count; one match is enough.",
      listType: "atomic",
    }),
    excludeResourceRules: list(4, NamedRuleWithOperations, {
      doc: "Requests that do not count even so.",
      listType: "atomic",
    }),
    matchPolicy: string(7, {
      doc: "Whether requests through other versions of the same resource count: Equivalent (the default) or Exact.",
      pointer: true,
      default: "Equivalent",
    }),
  },
  { doc: "Which requests are meant.", mapType: "atomic" },
)
export type MatchResources = TypeOf<typeof MatchResources>
