import { bytes, int32, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const ServiceReference = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference",
  {
    namespace: string(1, { doc: "The namespace of the service.", required: true }),
    name: string(2, { doc: "The name of the service.", required: true }),
    path: string(3, { doc: "The path of the calls. Default: none.", pointer: true }),
    port: int32(4, { doc: "The port of the service. Default 443.", pointer: true, default: 443 }),
  },
  { doc: "A service that answers calls of the API server." },
)
export type ServiceReference = TypeOf<typeof ServiceReference>

export const WebhookClientConfig = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookClientConfig",
  {
    url: string(3, {
      doc: "The address, beginning with https://. No user, query or fragment is allowed.",
      pointer: true,
    }),
    service: message(1, ServiceReference, { doc: "The service to call, within the cluster." }),
    caBundle: bytes(2, {
      doc: "The certificates, in PEM, that the webhook's own must be signed by. Default: those that the server's machine trusts.",
    }),
  },
  { doc: "How a webhook is called. Either url or service must be set." },
)
export type WebhookClientConfig = TypeOf<typeof WebhookClientConfig>

export const WebhookConversion = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookConversion",
  {
    clientConfig: message(2, WebhookClientConfig, {
      doc: "How the webhook is called. Needed with the strategy Webhook.",
    }),
    conversionReviewVersions: list(3, "string", {
      doc: "The versions of ConversionReview that it understands, the best first.",
      required: true,
      listType: "atomic",
    }),
  },
  { doc: "A webhook that converts objects between versions." },
)
export type WebhookConversion = TypeOf<typeof WebhookConversion>

export const CustomResourceConversion = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceConversion",
  {
    strategy: string(1, { doc: "None only changes apiVersion; Webhook asks a webhook.", required: true }),
    webhook: message(2, WebhookConversion, {
      doc: "The webhook. Needed with the strategy Webhook, and only allowed there.",
    }),
  },
  { doc: "How objects are converted between versions." },
)
export type CustomResourceConversion = TypeOf<typeof CustomResourceConversion>
