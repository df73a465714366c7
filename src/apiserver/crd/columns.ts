import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionVersion,
} from "../../api/apiextensions/v1/custom-resource-definition-version.ts"
import { findByPath } from "../../machinery/json-path/find.ts"
import { JsonPathError, type Path, parseJsonPath } from "../../machinery/json-path/parse.ts"
import { printFound } from "../../machinery/json-path/print.ts"
import type { Column, KubeObject } from "../../machinery/schema/resource.ts"
import { humanDuration } from "../../machinery/time/human.ts"

/** What `kubectl get` shows of custom resources. */

type Cell = string | number | boolean | null

const AGE: CustomResourceColumnDefinition = {
  name: "Age",
  type: "date",
  description: "When the object was created.",
  jsonPath: ".metadata.creationTimestamp",
}

/** The columns of a version after the name. Those behind one whose path cannot be parsed are left out, as in Kubernetes. */
export function customColumns({
  additionalPrinterColumns = [],
}: CustomResourceDefinitionVersion): Column<KubeObject>[] {
  const columns: Column<KubeObject>[] = []
  for (const definition of additionalPrinterColumns.length === 0 ? [AGE] : additionalPrinterColumns) {
    const path = pathOf(definition.jsonPath)
    if (path === undefined) break
    columns.push(customColumn(definition, path))
  }
  return columns
}

function pathOf(text: string): Path | undefined {
  try {
    return parseJsonPath(text)
  } catch (error) {
    if (error instanceof JsonPathError) return undefined
    throw error
  }
}

function customColumn(definition: CustomResourceColumnDefinition, path: Path): Column<KubeObject> {
  const { name, type, format = "", description = "", priority = 0, jsonPath } = definition
  return {
    name,
    type: type as Column<KubeObject>["type"],
    format,
    doc: description === "" ? `Custom resource definition column (in JSONPath format): ${jsonPath}` : description,
    priority,
    value: (object, nowMs) => {
      const found = firstFound(path, object)
      return found === undefined ? null : cellOf(type, found.value, nowMs)
    },
  }
}

/** Paths that do not fit an object find nothing. */
function firstFound(path: Path, object: KubeObject): { readonly value: unknown } | undefined {
  try {
    const values = findByPath(path, object)
    return values.length === 0 ? undefined : { value: values[0] }
  } catch (error) {
    if (error instanceof JsonPathError) return undefined
    throw error
  }
}

function cellOf(type: string, value: unknown, nowMs: number): Cell {
  switch (type) {
    case "string":
      return printFound(value)
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : null
    case "number":
      return typeof value === "number" ? value : null
    case "boolean":
      return typeof value === "boolean" ? value : null
    case "date":
      return typeof value === "string" ? since(value, nowMs) : null
    default:
      return null
  }
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/

function since(text: string, nowMs: number): string {
  if (text === "" || text === "null") return "<unknown>"
  const ms = RFC_3339.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) ? "<invalid>" : humanDuration(nowMs - ms)
}
