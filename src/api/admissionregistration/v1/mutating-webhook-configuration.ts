import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { int32, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { MatchCondition, RuleWithOperations } from "./match-resources.ts"
import { WebhookClientConfig } from "./webhook-client-config.ts"

export const MutatingWebhook = struct("io.k8s.api.admissionregistration.v1.MutatingWebhook", {
  name: string(1, { doc: "", required: true }),
  clientConfig: message(2, WebhookClientConfig, { doc: "", required: true }),
  rules: list(3, RuleWithOperations, { doc: "", listType: "atomic" }),
  failurePolicy: string(4, { doc: "", pointer: true }),
  matchPolicy: string(9, { doc: "", pointer: true }),
  namespaceSelector: message(5, LabelSelector, { doc: "" }),
  objectSelector: message(11, LabelSelector, { doc: "" }),
  sideEffects: string(6, { doc: "", required: true, pointer: true }),
  timeoutSeconds: int32(7, { doc: "", pointer: true }),
  admissionReviewVersions: list(8, "string", { doc: "", required: true, listType: "atomic" }),
  reinvocationPolicy: string(10, { doc: "", pointer: true }),
  matchConditions: list(12, MatchCondition, {
    doc: "",
    listType: "map",
    mapKeys: ["name"],
    patchStrategy: "merge",
    mergeKey: "name",
  }),
})
export type MutatingWebhook = TypeOf<typeof MutatingWebhook>

/** TODO(doc) */
export const MutatingWebhookConfiguration = defineResource({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingWebhookConfiguration",
  plural: "mutatingwebhookconfigurations",
  categories: ["api-extensions"],
  namespaced: false,
  doc: "",
  definition: "io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration",
  fields: {
    webhooks: list(2, MutatingWebhook, {
      doc: "",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
  },
})
export type MutatingWebhookConfiguration = ObjectOf<typeof MutatingWebhookConfiguration>
