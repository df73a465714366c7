import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { validateWebhookAddress } from "../../../admissionregistration/v1/validation/webhook-address.ts"
import { validateReviewVersions } from "../../../admissionregistration/v1/validation/webhooks.ts"
import { type Errors, NONE, requiredOneOf } from "../../../core/v1/validation/rules.ts"
import type { CustomResourceConversion } from "../custom-resource-conversion.ts"

/** The paths are those of the form that Kubernetes checks, in which a webhook's members stand beside the strategy. */
export function validateConversion({ strategy, webhook }: CustomResourceConversion, path: FieldPath): Errors {
  const client = path.child("webhookClientConfig")
  const versions = path.child("conversionReviewVersions")
  const { clientConfig, conversionReviewVersions = [] } = webhook ?? {}
  const known = requiredOneOf(strategy, ["None", "Webhook"], path.child("strategy"))
  if (strategy === "Webhook") {
    return [
      ...known,
      ...(clientConfig === undefined
        ? [field.required(client, "required when strategy is set to Webhook")]
        : validateWebhookAddress(clientConfig, client)),
      ...validateReviewVersions(conversionReviewVersions, versions, ""),
    ]
  }
  const why = "should not be set when strategy is not set to Webhook"
  return [
    ...known,
    ...(clientConfig === undefined ? NONE : [field.forbidden(client, why)]),
    ...(conversionReviewVersions.length === 0 ? NONE : [field.forbidden(versions, why)]),
  ]
}
