import type { ReadFields } from "../../../machinery/schema/fields.ts"
import {
  bool,
  double,
  either,
  int64,
  json,
  list,
  map,
  message,
  string,
  struct,
} from "../../../machinery/schema/fields.ts"
import type { StructSchema, TypeOf } from "../../../machinery/schema/schema.ts"

export const ExternalDocumentation = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ExternalDocumentation",
  {
    description: string(1, { doc: "" }),
    url: string(2, { doc: "" }),
  },
)
export type ExternalDocumentation = TypeOf<typeof ExternalDocumentation>

export const ValidationRule = struct("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule", {
  rule: string(1, { doc: "", required: true }),
  message: string(2, { doc: "" }),
  messageExpression: string(3, { doc: "" }),
  reason: string(4, { doc: "", pointer: true }),
  fieldPath: string(5, { doc: "" }),
  optionalOldSelf: bool(6, { doc: "", pointer: true }),
})
export type ValidationRule = TypeOf<typeof ValidationRule>

const fieldsBefore = {
  id: string(1, { doc: "" }),
  $schema: string(2, { doc: "" }),
  $ref: string(3, { doc: "", pointer: true }),
  description: string(4, { doc: "" }),
  type: string(5, { doc: "" }),
  format: string(6, { doc: "" }),
  title: string(7, { doc: "" }),
  default: json(8, { doc: "" }),
  maximum: double(9, { doc: "", pointer: true }),
  exclusiveMaximum: bool(10, { doc: "" }),
  minimum: double(11, { doc: "", pointer: true }),
  exclusiveMinimum: bool(12, { doc: "" }),
  maxLength: int64(13, { doc: "", pointer: true }),
  minLength: int64(14, { doc: "", pointer: true }),
  pattern: string(15, { doc: "" }),
  maxItems: int64(16, { doc: "", pointer: true }),
  minItems: int64(17, { doc: "", pointer: true }),
  uniqueItems: bool(18, { doc: "" }),
  multipleOf: double(19, { doc: "", pointer: true }),
  enum: list(20, "json", { doc: "", listType: "atomic" }),
  maxProperties: int64(21, { doc: "", pointer: true }),
  minProperties: int64(22, { doc: "", pointer: true }),
  required: list(23, "string", { doc: "", listType: "atomic" }),
}
const fieldsAfter = {
  externalDocs: message(35, ExternalDocumentation, { doc: "" }),
  example: json(36, { doc: "" }),
  nullable: bool(37, { doc: "" }),
  "x-kubernetes-preserve-unknown-fields": bool(38, { doc: "", pointer: true }),
  "x-kubernetes-embedded-resource": bool(39, { doc: "" }),
  "x-kubernetes-int-or-string": bool(40, { doc: "" }),
  "x-kubernetes-list-map-keys": list(41, "string", { doc: "", listType: "atomic" }),
  "x-kubernetes-list-type": string(42, { doc: "", pointer: true }),
  "x-kubernetes-map-type": string(43, { doc: "", pointer: true }),
  "x-kubernetes-validations": list(44, ValidationRule, {
    doc: "",
    listType: "map",
    mapKeys: ["rule"],
    patchStrategy: "merge",
    mergeKey: "rule",
  }),
}

/** A schema contains schemas, so the compiler has to be told what it is. */
export interface JSONSchemaProps extends ReadFields<typeof fieldsBefore>, ReadFields<typeof fieldsAfter> {
  readonly items?: JSONSchemaProps | readonly JSONSchemaProps[]
  readonly allOf?: readonly JSONSchemaProps[]
  readonly oneOf?: readonly JSONSchemaProps[]
  readonly anyOf?: readonly JSONSchemaProps[]
  readonly not?: JSONSchemaProps
  readonly properties?: Readonly<Record<string, JSONSchemaProps>>
  readonly additionalProperties?: JSONSchemaProps | boolean
  readonly patternProperties?: Readonly<Record<string, JSONSchemaProps>>
  readonly dependencies?: Readonly<Record<string, JSONSchemaProps | readonly string[]>>
  readonly additionalItems?: JSONSchemaProps | boolean
  readonly definitions?: Readonly<Record<string, JSONSchemaProps>>
}
type Schema = StructSchema<JSONSchemaProps, JSONSchemaProps>
const itself = (): Schema => JSONSchemaProps

export const JSONSchemaPropsOrArray = either(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray",
  {
    doc: "",
    object: { number: 1, type: itself },
    other: { number: 2, type: { listOf: itself } },
  },
)

export const JSONSchemaPropsOrBool = either(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool",
  {
    doc: "",
    other: { number: 1, type: "bool" },
    object: { number: 2, type: itself },
  },
)

export const JSONSchemaPropsOrStringArray = either(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray",
  {
    doc: "",
    object: { number: 1, type: itself },
    other: { number: 2, type: { listOf: "string" } },
  },
)

export const JSONSchemaProps: Schema = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps",
  {
    ...fieldsBefore,
    items: message(24, JSONSchemaPropsOrArray, { doc: "" }),
    allOf: list(25, itself, { doc: "", listType: "atomic" }),
    oneOf: list(26, itself, { doc: "", listType: "atomic" }),
    anyOf: list(27, itself, { doc: "", listType: "atomic" }),
    not: message(28, itself, { doc: "" }),
    properties: map(29, itself, { doc: "" }),
    additionalProperties: message(30, JSONSchemaPropsOrBool, { doc: "" }),
    patternProperties: map(31, itself, { doc: "" }),
    dependencies: map(32, JSONSchemaPropsOrStringArray, { doc: "" }),
    additionalItems: message(33, JSONSchemaPropsOrBool, { doc: "" }),
    definitions: map(34, itself, { doc: "" }),
    ...fieldsAfter,
  },
) as Schema
