import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { byteLength } from "../../../../machinery/names/rules.ts"
import { type Errors, NONE, nonEmpty } from "../../../core/v1/validation/rules.ts"
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
} from "../custom-resource-definition-version.ts"

const WARNING_BYTES_MAX = 256
const COLUMN_TYPES = ["boolean", "date", "integer", "number", "string"]
const COLUMN_FORMATS = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"]
const UNPRINTABLE = /[^\P{C}]|[^\P{Z} ]/u

export function validateDeprecation(version: CustomResourceDefinitionVersion, path: FieldPath): Errors {
  const { deprecated = false, deprecationWarning: text } = version
  if (text === undefined) return NONE
  const at = path.child("deprecationWarning")
  if (!deprecated) return [field.invalid(at, text, "can only be set for deprecated versions")]
  const bad = UNPRINTABLE.exec(text)
  const index = bad === null ? 0 : byteLength(text.slice(0, bad.index))
  return [
    ...(byteLength(text) > WARNING_BYTES_MAX
      ? [field.invalid(at, text, `must be <= ${WARNING_BYTES_MAX} characters long`)]
      : NONE),
    ...(text === "" ? [field.invalid(at, text, "must not be an empty string")] : NONE),
    ...(bad === null
      ? NONE
      : [
          field.invalid(
            at,
            text,
            `must only contain printable UTF-8 characters; non-printable character found at index ${index}`,
          ),
        ]),
  ]
}

export function validateSubresources({ scale }: CustomResourceSubresources, path: FieldPath): Errors {
  if (scale === undefined) return NONE
  const { specReplicasPath, statusReplicasPath, labelSelectorPath = "" } = scale
  const needed = (value: string, name: string, below: string): Errors => {
    const at = path.child(`scale.${name}`)
    return value === "" ? [field.required(at)] : within(value, at, [`.${below}.`], `.${below}`)
  }
  return [
    ...needed(specReplicasPath, "specReplicasPath", "spec"),
    ...needed(statusReplicasPath, "statusReplicasPath", "status"),
    ...(labelSelectorPath === ""
      ? NONE
      : within(
          labelSelectorPath,
          path.child("scale.labelSelectorPath"),
          [".spec.", ".status."],
          "either .spec or .status",
        )),
  ]
}

function within(value: string, path: FieldPath, prefixes: readonly string[], where: string): Errors {
  if (!value.startsWith(".")) return validateJsonPath(value, path)
  if (prefixes.some((prefix) => value.startsWith(prefix))) return NONE
  return [field.invalid(path, value, `should be a json path under ${where}`)]
}

function validateJsonPath(value: string, path: FieldPath): Errors {
  return value.startsWith(".") ? NONE : [field.invalid(path, value, "must be a simple json path starting with .")]
}

export function validateColumn(column: CustomResourceColumnDefinition, path: FieldPath): Errors {
  const { name, type, format = "", jsonPath } = column
  const types = `must be one of ${COLUMN_TYPES.join(",")}`
  const known = type === "" || COLUMN_TYPES.includes(type)
  return [
    ...nonEmpty(name, path.child("name")),
    ...nonEmpty(type, path.child("type"), types),
    ...(known ? NONE : [field.invalid(path.child("type"), type, types)]),
    ...(format === "" || COLUMN_FORMATS.includes(format)
      ? NONE
      : [field.invalid(path.child("format"), format, `must be one of ${COLUMN_FORMATS.join(",")}`)]),
    ...(jsonPath === ""
      ? [field.required(path.child("JSONPath"))]
      : validateJsonPath(jsonPath, path.child("JSONPath"))),
  ]
}
