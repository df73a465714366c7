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
    description: string(1, { doc: "What is found there." }),
    url: string(2, { doc: "The address of the documentation." }),
  },
  { doc: "Documentation elsewhere." },
)
export type ExternalDocumentation = TypeOf<typeof ExternalDocumentation>

export const ValidationRule = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule",
  {
    rule: string(1, {
      doc: "The CEL expression, which sees the value as self and its earlier state as oldSelf. False refuses the object.",
      required: true,
    }),
    message: string(2, { doc: "What the user is told. One line; needed if the rule has several." }),
    messageExpression: string(3, { doc: "A CEL expression that makes the message, instead of message." }),
    reason: string(4, {
      doc: "The reason of the error: FieldValueInvalid (the default), FieldValueForbidden, FieldValueRequired or FieldValueDuplicate.",
      pointer: true,
    }),
    fieldPath: string(5, { doc: "The field that the error is reported for, relative to the value, such as .foo.bar." }),
    optionalOldSelf: bool(6, {
      doc: "Whether the rule also runs when there is no earlier state; oldSelf is then an optional value. Default false.",
      pointer: true,
    }),
  },
  { doc: "A condition on a value." },
)
export type ValidationRule = TypeOf<typeof ValidationRule>

const fieldsBefore = {
  id: string(1, { doc: "Not allowed in definitions of resources." }),
  $schema: string(2, { doc: "Not allowed in definitions of resources." }),
  $ref: string(3, { doc: "Not allowed in definitions of resources.", pointer: true }),
  description: string(4, { doc: "What the value is for; kubectl explain shows it." }),
  type: string(5, { doc: "The type: object, array, string, integer, number or boolean." }),
  format: string(6, { doc: "A finer type, such as date-time, byte or int32. Unknown formats are passed over." }),
  title: string(7, { doc: "A title for people." }),
  default: json(8, { doc: "The value when none is given." }),
  maximum: double(9, { doc: "The largest number that is allowed.", pointer: true }),
  exclusiveMaximum: bool(10, { doc: "Whether maximum itself is forbidden. Default false." }),
  minimum: double(11, { doc: "The smallest number that is allowed.", pointer: true }),
  exclusiveMinimum: bool(12, { doc: "Whether minimum itself is forbidden. Default false." }),
  maxLength: int64(13, { doc: "The most characters that a text may have.", pointer: true }),
  minLength: int64(14, { doc: "The fewest characters that a text must have.", pointer: true }),
  pattern: string(15, { doc: "A regular expression that a text must match." }),
  maxItems: int64(16, { doc: "The most items that a list may have.", pointer: true }),
  minItems: int64(17, { doc: "The fewest items that a list must have.", pointer: true }),
  uniqueItems: bool(18, { doc: "Not allowed to be true, as it would be slow; use x-kubernetes-list-type set." }),
  multipleOf: double(19, { doc: "A number must be a multiple of this.", pointer: true }),
  enum: list(20, "json", { doc: "The values that are allowed.", listType: "atomic" }),
  maxProperties: int64(21, { doc: "The most members that an object may have.", pointer: true }),
  minProperties: int64(22, { doc: "The fewest members that an object must have.", pointer: true }),
  required: list(23, "string", { doc: "The members that an object must have.", listType: "atomic" }),
}
const fieldsAfter = {
  externalDocs: message(35, ExternalDocumentation, { doc: "Documentation elsewhere." }),
  example: json(36, { doc: "An example of the value." }),
  nullable: bool(37, { doc: "Whether null is allowed. Default false." }),
  "x-kubernetes-preserve-unknown-fields": bool(38, {
    doc: "Whether fields that the schema does not know are kept. Default: they are dropped.",
    pointer: true,
  }),
  "x-kubernetes-embedded-resource": bool(39, {
    doc: "Whether the value is a whole object of Kubernetes, with apiVersion, kind and metadata. Default false.",
  }),
  "x-kubernetes-int-or-string": bool(40, { doc: "Whether the value may be a whole number or a text. Default false." }),
  "x-kubernetes-list-map-keys": list(41, "string", {
    doc: "The members that tell items of a list of type map apart.",
    listType: "atomic",
  }),
  "x-kubernetes-list-type": string(42, {
    doc: "How a list is merged: atomic (the default) as a whole, set by value, map by key.",
    pointer: true,
  }),
  "x-kubernetes-map-type": string(43, {
    doc: "How an object is merged: granular (the default) member by member, atomic as a whole.",
    pointer: true,
  }),
  "x-kubernetes-validations": list(44, ValidationRule, {
    doc: "CEL conditions on the value.",
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
    doc: "Either one form for all items of a list, or a list of forms, which definitions of resources may not use.",
    object: { number: 1, type: itself },
    other: { number: 2, type: { listOf: itself } },
  },
)

export const JSONSchemaPropsOrBool = either(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool",
  {
    doc: "Either a form, or whether anything is allowed at all.",
    other: { number: 1, type: "bool" },
    object: { number: 2, type: itself },
  },
)

export const JSONSchemaPropsOrStringArray = either(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray",
  {
    doc: "Either a form, or the names of members.",
    object: { number: 1, type: itself },
    other: { number: 2, type: { listOf: "string" } },
  },
)

export const JSONSchemaProps: Schema = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps",
  {
    ...fieldsBefore,
    items: message(24, JSONSchemaPropsOrArray, { doc: "The form of the items of a list." }),
    allOf: list(25, itself, { doc: "Forms that must all match.", listType: "atomic" }),
    oneOf: list(26, itself, { doc: "Forms exactly one of which must match.", listType: "atomic" }),
    anyOf: list(27, itself, { doc: "Forms at least one of which must match.", listType: "atomic" }),
    not: message(28, itself, { doc: "A form that must not match." }),
    properties: map(29, itself, { doc: "The members of an object and their forms." }),
    additionalProperties: message(30, JSONSchemaPropsOrBool, {
      doc: "The form of members that properties does not name. Not together with properties.",
    }),
    patternProperties: map(31, itself, { doc: "Not allowed in definitions of resources." }),
    dependencies: map(32, JSONSchemaPropsOrStringArray, { doc: "Not allowed in definitions of resources." }),
    additionalItems: message(33, JSONSchemaPropsOrBool, { doc: "Not allowed in definitions of resources." }),
    definitions: map(34, itself, { doc: "Not allowed in definitions of resources." }),
    ...fieldsAfter,
  },
  { doc: "The form of a value, as JSON Schema describes it, with additions of Kubernetes." },
) as Schema
