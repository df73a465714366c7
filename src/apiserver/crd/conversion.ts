import type { CustomResourceDefinition } from "../../api/apiextensions/v1/custom-resource-definition.ts"
import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import type { Converter } from "../resources/versions.ts"
import { type WebhookConversionOptions, webhookConverter } from "./webhook-conversion.ts"

/** How the objects of a definition are converted from one version to another. */
export function converterOf(
  definition: CustomResourceDefinition,
  parts: Omit<WebhookConversionOptions, "definition">,
): Converter {
  return definition.spec.conversion?.strategy === "Webhook" ? webhookConverter({ definition, ...parts }) : renaming
}

/** Between versions that differ in nothing but their name. */
const renaming: Converter = {
  convert: (objects: readonly KubeObject[], to: AnyResource) =>
    objects.map((object) => ({ ...object, apiVersion: to.apiVersion })),
}
