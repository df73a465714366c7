import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { int32, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age } from "../../columns.ts"
import { MatchCondition, RuleWithOperations } from "./match-resources.ts"
import { nameWarnings } from "./validation/policy.ts"
import { validateWebhooks } from "./validation/webhooks.ts"
import { WebhookClientConfig } from "./webhook-client-config.ts"

export const MutatingWebhook = struct(
  "io.k8s.api.admissionregistration.v1.MutatingWebhook",
  {
    name: string(1, {
      doc: "The name of the webhook, with a domain, such as limits.example.com. Unique in the list.",
      required: true,
    }),
    clientConfig: message(2, WebhookClientConfig, { doc: "How the webhook is called.", required: true }),
    rules: list(3, RuleWithOperations, {
      doc: "The requests that it sees; one match is enough. Webhook configurations themselves are never shown to webhooks.",
      listType: "atomic",
    }),
    failurePolicy: string(4, {
      doc: "What happens when the webhook cannot be reached or answers wrongly: Fail (the default) refuses the request, Ignore goes on without it.",
      pointer: true,
      default: "Fail",
    }),
    matchPolicy: string(9, {
      doc: "Whether it sees requests through other versions of the same resource: Equivalent (the default) or Exact.",
      pointer: true,
      default: "Equivalent",
    }),
    namespaceSelector: message(5, LabelSelector, {
      doc: "Labels of the namespaces whose requests it sees. Default: all.",
      default: {},
    }),
    objectSelector: message(11, LabelSelector, {
      doc: "Labels of the objects, old or new, that it sees. Users can avoid it by leaving labels out. Default: all.",
      default: {},
    }),
    sideEffects: string(6, {
      doc: "None, or NoneOnDryRun. Webhooks that change things elsewhere even in a dry run are not allowed.",
      required: true,
      pointer: true,
    }),
    timeoutSeconds: int32(7, {
      doc: "After how many seconds a call has failed: 1 to 30. Default 10.",
      pointer: true,
      default: 10,
    }),
    admissionReviewVersions: list(8, "string", {
      doc: "The versions of AdmissionReview that it understands, the best first, such as v1.",
      required: true,
      listType: "atomic",
    }),
    reinvocationPolicy: string(10, {
      doc: "Whether it may be called again after others have changed the object: Never (the default) or IfNeeded.",
      pointer: true,
      default: "Never",
    }),
    matchConditions: list(12, MatchCondition, {
      doc: "CEL conditions, at most 64, that must all hold for it to be called.",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
  },
  { doc: "One webhook, and which requests it sees." },
)
export type MutatingWebhook = TypeOf<typeof MutatingWebhook>

/**
 * Webhooks that can change objects before they are stored.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 */
export const MutatingWebhookConfiguration = defineResource({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingWebhookConfiguration",
  plural: "mutatingwebhookconfigurations",
  categories: ["api-extensions"],
  namespaced: false,
  doc: "Webhooks that can change objects before they are stored.",
  definition: "io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration",
  columns: [
    {
      name: "Webhooks",
      type: "integer",
      doc: "How many webhooks there are.",
      value: ({ webhooks = [] }) => webhooks.length,
    },
    age,
  ],
  strategy: { generation: true, validate: validateWebhooks, warnings: nameWarnings },
  fields: {
    webhooks: list(2, MutatingWebhook, {
      doc: "The webhooks.",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
  },
})
export type MutatingWebhookConfiguration = ObjectOf<typeof MutatingWebhookConfiguration>
