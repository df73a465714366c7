import type { CustomResourceDefinition } from "../../api/apiextensions/v1/custom-resource-definition.ts"
import * as field from "../../machinery/field/error.ts"
import { FieldPath } from "../../machinery/field/path.ts"
import { parseStructural, StructuralError } from "../../machinery/structural/parse-structural.ts"
import type { SchemaSource } from "../../machinery/structural/schema-source.ts"
import { validateStructural } from "../../machinery/structural/validate-structural.ts"
import type { Condition } from "./conditions.ts"
import { aggregate } from "./names.ts"

const TYPE = "NonStructuralSchema"

/** Why the schema of a definition does not describe structure, which only definitions of old can have; else undefined. */
export function schemaCondition({ spec }: CustomResourceDefinition): Condition | undefined {
  const errors = spec.preserveUnknownFields
    ? [field.invalid(FieldPath.root("spec", "preserveUnknownFields"), true, "must be false")]
    : []
  for (const [index, { name, schema }] of spec.versions.entries()) {
    const source = schema?.openAPIV3Schema as SchemaSource | undefined
    if (source === undefined) continue
    const path = FieldPath.root("spec", "versions").index(index).child("schema").child("openAPIV3Schema")
    try {
      errors.push(...validateStructural(parseStructural(source), path))
    } catch (error) {
      if (!(error instanceof StructuralError)) throw error
      const message = `failed to check validation schema for version ${name}: ${error.message}`
      return { type: TYPE, status: "Unknown", reason: "StructuralError", message }
    }
  }
  if (errors.length === 0) return undefined
  const message = aggregate(errors.map((error) => field.formatFieldError(error)))
  return { type: TYPE, status: "True", reason: "Violations", message }
}
