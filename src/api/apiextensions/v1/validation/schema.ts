import { checkValidationRules } from "../../../../machinery/cel/kubernetes/check-validation-rules.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { parseStructural, StructuralError } from "../../../../machinery/structural/parse-structural.ts"
import type { StructuralSchema } from "../../../../machinery/structural/structural-schema.ts"
import { validateDefaults } from "../../../../machinery/structural/validate-defaults.ts"
import { validateStructural } from "../../../../machinery/structural/validate-structural.ts"
import { type Errors, NONE, oneOf } from "../../../core/v1/validation/rules.ts"
import type { JSONSchemaProps } from "../json-schema-props.ts"
import { schemaInGo } from "./in-go.ts"
import { validateListType, validateMapType } from "./merge-types.ts"
import { validateRules } from "./validation-rules.ts"

/** What a form of objects may say. */

const TYPES = ["array", "boolean", "integer", "number", "object", "string"]
const META = new Set(["metadata", "kind", "apiVersion"])

/** Where in the form a part stands. */
interface Place {
  readonly root: boolean
  readonly insideMeta: boolean
  /** Why defaults are not allowed; absent where they are. */
  readonly noDefaults?: string
}

export function validateSchema(schema: JSONSchemaProps, path: FieldPath, hasStatus: boolean): Errors {
  const structure = validateStructure(schema, path)
  const parts = validatePart(schema, path, { root: true, insideMeta: false })
  const errors = [
    ...(hasStatus ? validateRoot(schema, path) : NONE),
    ...(schema.nullable ? [field.forbidden(path.child("nullable"), "nullable cannot be true at the root")] : NONE),
    ...structure.errors,
    ...parts,
    // The types that expressions see are known only then.
    ...(structure.form === undefined ? NONE : checkValidationRules(structure.form, path, parts)),
  ]
  // What cannot even be parsed is refused above in better words, if at all possible.
  return errors.length === 0 ? structure.unparsable : errors
}

interface Structure {
  readonly unparsable: Errors
  readonly errors: Errors
  /** Absent when something is wrong with it. */
  readonly form?: StructuralSchema
}

/** Whether the form is structural, and whether its defaults fit it. */
function validateStructure(schema: JSONSchemaProps, path: FieldPath): Structure {
  try {
    const form = parseStructural(schema)
    const structural = validateStructural(form, path)
    const errors = structural.length === 0 ? validateDefaults(schema, form, path) : structural
    return { unparsable: NONE, errors, ...(errors.length === 0 && { form }) }
  } catch (error) {
    if (!(error instanceof StructuralError)) throw error
    return { unparsable: [field.invalid(path, "", error.message)], errors: NONE }
  }
}

/** By the names that they have in Go, in its order. */
const ROOT_MEMBERS =
  "Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations".split(
    " ",
  )
const IN_GO: ReadonlyMap<string, string> = new Map([
  ["x-kubernetes-preserve-unknown-fields", "XPreserveUnknownFields"],
  ["x-kubernetes-validations", "XValidations"],
])

/** The form of the status is taken out of that of the object, so nothing may span both. */
function validateRoot(schema: JSONSchemaProps, path: FieldPath): Errors {
  const { type = "" } = schema
  if (type !== "" && type !== "object") {
    const why = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
    return [field.invalid(path.child("type"), type, why)]
  }
  const inGo = (name: string) => IN_GO.get(name) ?? name.charAt(0).toUpperCase() + name.slice(1)
  if (Object.keys(schema).every((name) => ROOT_MEMBERS.includes(inGo(name)))) return NONE
  const why = `only [${ROOT_MEMBERS.join(" ")}] fields are allowed at the root of the schema if the status subresource is enabled`
  return [field.invalid(path, schemaInGo(schema), why)]
}

function validatePart(schema: JSONSchemaProps, path: FieldPath, place: Place): Errors {
  return [
    ...validateMembers(schema, path, place),
    ...(schema.uniqueItems
      ? [
          field.forbidden(
            path.child("uniqueItems"),
            "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
          ),
        ]
      : NONE),
    ...validateObject(schema, path, place),
    ...validateCombinations(schema, path, { ...place, root: false }),
    ...(schema["x-kubernetes-preserve-unknown-fields"] === false
      ? [field.invalid(path.child("x-kubernetes-preserve-unknown-fields"), false, "must be true or undefined")]
      : NONE),
    ...validateMapType(schema, path),
    ...validateListType(schema, path),
    ...validateRules(schema["x-kubernetes-validations"] ?? [], path.child("x-kubernetes-validations")),
  ]
}

const UNSUPPORTED = ["additionalItems", "patternProperties", "definitions", "dependencies", "$ref"] as const

function validateMembers(schema: JSONSchemaProps, path: FieldPath, { noDefaults, insideMeta }: Place): Errors {
  const { type = "", id = "", items } = schema
  const unsupported = (name: string) => field.forbidden(path.child(name), `${name} is not supported`)
  return [
    ...(type === "" ? NONE : oneOf(type, TYPES, path.child("type"))),
    ...(schema.default !== undefined && noDefaults !== undefined
      ? [field.forbidden(path.child("default"), `must not be set ${noDefaults}`)]
      : NONE),
    ...(id === "" ? NONE : [unsupported("id")]),
    ...UNSUPPORTED.filter((name) => schema[name] !== undefined).map(unsupported),
    ...(type === "null"
      ? [field.forbidden(path.child("type"), "type cannot be set to null, use nullable as an alternative")]
      : NONE),
    ...(Array.isArray(items) && items.length > 0
      ? [field.forbidden(path.child("items"), "items must be a schema object and not an array")]
      : NONE),
    ...(insideMeta && schema["x-kubernetes-embedded-resource"]
      ? [field.forbidden(path.child("x-kubernetes-embedded-resource"), "must not be used inside of resource meta")]
      : NONE),
  ]
}

function validateObject(schema: JSONSchemaProps, path: FieldPath, place: Place): Errors {
  const { properties = {}, additionalProperties: others } = schema
  const names = Object.keys(properties).toSorted()
  const at = path.child("additionalProperties")
  const embedded = place.root || schema["x-kubernetes-embedded-resource"] === true
  return [
    ...(others !== undefined && others !== true && names.length > 0
      ? [field.forbidden(at, "additionalProperties and properties are mutual exclusive")]
      : NONE),
    ...(typeof others === "object"
      ? validatePart(others, at, {
          ...place,
          root: false,
          ...(place.insideMeta && { noDefaults: "inside additionalProperties applying to object metadata" }),
        })
      : NONE),
    ...names.flatMap((name) => {
      const property = properties[name]
      if (property === undefined) return NONE
      const isMeta = embedded && META.has(name)
      return validatePart(property, path.child("properties").key(name), {
        ...place,
        root: false,
        ...(isMeta && { insideMeta: true }),
        ...(isMeta && place.root && { noDefaults: `in top-level ${name}` }),
      })
    }),
  ]
}

function validateCombinations(schema: JSONSchemaProps, path: FieldPath, place: Place): Errors {
  const { not, items, definitions = {} } = schema
  const each = (name: "allOf" | "oneOf" | "anyOf") =>
    (schema[name] ?? []).flatMap((part, index) => validatePart(part, path.child(name).index(index), place))
  return [
    ...(not === undefined ? NONE : validatePart(not, path.child("not"), place)),
    ...each("allOf"),
    ...each("oneOf"),
    ...each("anyOf"),
    ...Object.entries(definitions).flatMap(([name, part]) =>
      validatePart(part, path.child("definitions").key(name), place),
    ),
    ...(items === undefined ? NONE : validateItems(items, path.child("items"), place)),
  ]
}

function validateItems(items: JSONSchemaProps | readonly JSONSchemaProps[], path: FieldPath, place: Place): Errors {
  if (isList(items)) return items.flatMap((part, index) => validatePart(part, path.index(index), place))
  return validatePart(items, path, place)
}

export function isList(items: JSONSchemaProps | readonly JSONSchemaProps[]): items is readonly JSONSchemaProps[] {
  return Array.isArray(items)
}
