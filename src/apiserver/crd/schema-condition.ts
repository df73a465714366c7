import type { CustomResourceDefinition } from "../../api/apiextensions/v1/custom-resource-definition.ts"
import { parseStructural, StructuralError } from "../../machinery/structural/parse-structural.ts"
import type { SchemaSource } from "../../machinery/structural/schema-source.ts"
import type { Condition } from "./conditions.ts"

const TYPE = "NonStructuralSchema"

/** Why the schema of a definition does not describe structure; undefined when it does. */
export function schemaCondition({ spec }: CustomResourceDefinition): Condition | undefined {
  for (const { name, schema } of spec.versions) {
    const source = schema?.openAPIV3Schema as SchemaSource | undefined
    if (source === undefined) continue
    try {
      parseStructural(source)
    } catch (error) {
      if (!(error instanceof StructuralError)) throw error
      const message = `failed to check validation schema for version ${name}: ${error.message}`
      return { type: TYPE, status: "Unknown", reason: "StructuralError", message }
    }
  }
  return spec.preserveUnknownFields
    ? {
        type: TYPE,
        status: "True",
        reason: "Violations",
        message: "spec.preserveUnknownFields: Invalid value: true: must be false",
      }
    : undefined
}
