import { bytes, int32, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const ServiceReference = struct("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference", {
  namespace: string(1, { doc: "", required: true }),
  name: string(2, { doc: "", required: true }),
  path: string(3, { doc: "", pointer: true }),
  port: int32(4, { doc: "", pointer: true }),
})
export type ServiceReference = TypeOf<typeof ServiceReference>

export const WebhookClientConfig = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookClientConfig",
  {
    url: string(3, { doc: "", pointer: true }),
    service: message(1, ServiceReference, { doc: "" }),
    caBundle: bytes(2, { doc: "" }),
  },
)
export type WebhookClientConfig = TypeOf<typeof WebhookClientConfig>

export const WebhookConversion = struct("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookConversion", {
  clientConfig: message(2, WebhookClientConfig, { doc: "" }),
  conversionReviewVersions: list(3, "string", { doc: "", required: true, listType: "atomic" }),
})
export type WebhookConversion = TypeOf<typeof WebhookConversion>

export const CustomResourceConversion = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceConversion",
  {
    strategy: string(1, { doc: "", required: true }),
    webhook: message(2, WebhookConversion, { doc: "" }),
  },
)
export type CustomResourceConversion = TypeOf<typeof CustomResourceConversion>
