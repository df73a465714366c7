import type { CustomResourceDefinitionVersion } from "../../api/apiextensions/v1/custom-resource-definition-version.ts"
import { findByPath } from "../../machinery/json-path/find.ts"
import { JsonPathError, parseJsonPath } from "../../machinery/json-path/parse.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"

/** The fields of a version that field selectors may name, without the dot that their paths begin with. */
export function selectableFields({
  selectableFields: declared = [],
}: CustomResourceDefinitionVersion): AnyResource["selectableFields"] {
  const found = new Map<string, (object: never) => string>()
  for (const { jsonPath } of declared) {
    try {
      const path = parseJsonPath(jsonPath)
      found.set(jsonPath.replace(/^\./, ""), (object) => textOf(findByPath(path, object)[0]))
    } catch (error) {
      if (!(error instanceof JsonPathError)) throw error
    }
  }
  return found
}

/** Fields are of type string, integer or boolean. Absent ones select as empty. */
function textOf(value: unknown): string {
  return value === undefined || value === null || typeof value === "object" ? "" : String(value)
}
