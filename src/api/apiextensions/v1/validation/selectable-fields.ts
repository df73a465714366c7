import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import type { StructuralSchema } from "../../../../machinery/structural/structural-schema.ts"
import type { Errors } from "../../../core/v1/validation/rules.ts"
import type { SelectableField } from "../custom-resource-definition-version.ts"

const FIELDS_MAX = 8
const SELECTABLE_TYPES: ReadonlySet<string> = new Set(["string", "boolean", "integer"])
const WRONG_TYPE =
  "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."

export function validateSelectableFields(
  fields: readonly SelectableField[],
  schema: StructuralSchema,
  path: FieldPath,
): Errors {
  const known = new Set<string>()
  const errors = fields.flatMap(({ jsonPath }, index) => {
    const at = path.index(index).child("jsonPath")
    if (jsonPath === "") return [field.required(at)]
    const found = follow(jsonPath, schema)
    if ("problem" in found) return [field.invalid(at, jsonPath, `is an invalid path: ${found.problem}`)]
    const isRepeated = known.has(found.path)
    known.add(found.path)
    return [
      ...(found.first === "metadata" ? [field.invalid(at, jsonPath, "must not point to fields in metadata")] : []),
      ...(SELECTABLE_TYPES.has(found.schema?.type ?? "") ? [] : [field.invalid(at, jsonPath, WRONG_TYPE)]),
      ...(isRepeated ? [field.duplicate(at, jsonPath)] : []),
    ]
  })
  return known.size > FIELDS_MAX ? [...errors, field.tooMany(path, known.size, FIELDS_MAX)] : errors
}

type Found =
  | { readonly path: string; readonly first: string; readonly schema: StructuralSchema | undefined }
  | { readonly problem: string }

/** Where a path of names leads in a schema. */
function follow(jsonPath: string, root: StructuralSchema): Found {
  const tokens = jsonPath.match(/[.[\]]|[^.[\]]+/g) ?? []
  let path = FieldPath.root()
  let schema: StructuralSchema | undefined = root
  for (let i = 0; i < tokens.length; i += 2) {
    const token = tokens[i] ?? ""
    const name = tokens[i + 1]
    if (token === "[") return { problem: "array notation is not allowed" }
    if (token !== ".") return { problem: `expected [ or . but got: ${token}` }
    if (name === undefined) return { problem: "unexpected end of JSON path" }
    const others: StructuralSchema | boolean | undefined = schema?.additionalProperties
    const isNamed: boolean = (schema?.properties.size ?? 0) > 0
    const next: StructuralSchema | boolean | undefined = isNamed ? schema?.properties.get(name) : others
    if (next === undefined || next === false) return { problem: "does not refer to a valid field" }
    path = isNamed ? path.child(name) : path.key(name)
    schema = next === true ? undefined : next
  }
  return { path: path.toString(), first: tokens[1] ?? "", schema }
}
