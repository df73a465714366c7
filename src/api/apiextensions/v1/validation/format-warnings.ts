import { quote } from "../../../../machinery/field/quote.ts"
import { isKnownFormat } from "../../../../machinery/structural/formats.ts"
import type { CustomResourceDefinitionSpec } from "../custom-resource-definition.ts"
import { schemaParts } from "./schema-parts.ts"

/** Formats that mean nothing to Kubernetes are passed over, which their authors should know. */
export function formatWarnings(
  spec: CustomResourceDefinitionSpec,
  old: CustomResourceDefinitionSpec | undefined,
): readonly string[] {
  const before = new Set(old === undefined ? [] : unknownFormats(old))
  const added = unknownFormats(spec).filter((format) => !before.has(format))
  return [...new Set(added)].map((format) => `unrecognized format ${quote(format)}`)
}

function unknownFormats({ versions }: CustomResourceDefinitionSpec): readonly string[] {
  return versions
    .flatMap(({ schema }) => (schema?.openAPIV3Schema === undefined ? [] : schemaParts(schema.openAPIV3Schema)))
    .filter(({ type = "", format = "" }) => format !== "" && !isKnownFormat(format, type))
    .map(({ format }) => format ?? "")
}
