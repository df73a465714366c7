import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { inline, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const Rule = struct("io.k8s.api.admissionregistration.v1.Rule", {
  apiGroups: list(1, "string", { doc: "", listType: "atomic" }),
  apiVersions: list(2, "string", { doc: "", listType: "atomic" }),
  resources: list(3, "string", { doc: "", listType: "atomic" }),
  scope: string(4, { doc: "", pointer: true }),
})
export type Rule = TypeOf<typeof Rule>

export const RuleWithOperations = struct("io.k8s.api.admissionregistration.v1.RuleWithOperations", {
  operations: list(1, "string", { doc: "", listType: "atomic" }),
  rule: inline(2, Rule),
})
export type RuleWithOperations = TypeOf<typeof RuleWithOperations>

export const MatchCondition = struct("io.k8s.api.admissionregistration.v1.MatchCondition", {
  name: string(1, { doc: "", required: true }),
  expression: string(2, { doc: "", required: true }),
})
export type MatchCondition = TypeOf<typeof MatchCondition>

export const NamedRuleWithOperations = struct(
  "io.k8s.api.admissionregistration.v1.NamedRuleWithOperations",
  {
    resourceNames: list(1, "string", { doc: "", listType: "atomic" }),
    ruleWithOperations: inline(2, RuleWithOperations),
  },
  { mapType: "atomic" },
)
export type NamedRuleWithOperations = TypeOf<typeof NamedRuleWithOperations>

export const MatchResources = struct(
  "io.k8s.api.admissionregistration.v1.MatchResources",
  {
    namespaceSelector: message(1, LabelSelector, { doc: "" }),
    objectSelector: message(2, LabelSelector, { doc: "" }),
    resourceRules: list(3, NamedRuleWithOperations, { doc: "", listType: "atomic" }),
    excludeResourceRules: list(4, NamedRuleWithOperations, { doc: "", listType: "atomic" }),
    matchPolicy: string(7, { doc: "", pointer: true }),
  },
  { mapType: "atomic" },
)
export type MatchResources = TypeOf<typeof MatchResources>
