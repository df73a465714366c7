import { canonicalText } from "../../../../machinery/validation/repeated-items.ts"
import type { CustomResourceDefinitionVersion } from "../custom-resource-definition-version.ts"
import type { JSONSchemaProps, ValidationRule } from "../json-schema-props.ts"

/** Schemas and versions as Kubernetes' messages show them: its own structs, with all their members. */

const MEMBERS =
  "id $schema $ref description type nullable format title default maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems multipleOf enum maxProperties minProperties required".split(
    " ",
  ) as readonly (keyof JSONSchemaProps)[]
const IN_GO: ReadonlyMap<string, string> = new Map([
  ["id", "ID"],
  ["$schema", "Schema"],
  ["$ref", "Ref"],
])
/** What members are that are not set; null for the others. */
const ZERO: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ...["id", "$schema", "description", "type", "format", "title", "pattern"].map((name) => [name, ""] as const),
  ...["nullable", "exclusiveMaximum", "exclusiveMinimum", "uniqueItems"].map((name) => [name, false] as const),
])

const capitalised = (name: string) => IN_GO.get(name) ?? name.charAt(0).toUpperCase() + name.slice(1)
const orNull = <T>(value: T | undefined, show: (value: T) => unknown): unknown =>
  value === undefined ? null : show(value)

/** Free-form values, whose members Go sorts. */
const inOrder = (value: unknown): unknown => (typeof value === "object" ? JSON.parse(canonicalText(value)) : value)

export type Part = "schema" | "subresources" | "additionalPrinterColumns" | "selectableFields"

/** Without the parts that all versions share, which stand beside them. */
export function versionInGo(version: CustomResourceDefinitionVersion, isShared: (part: Part) => boolean): object {
  const own = <P extends Part>(part: P): CustomResourceDefinitionVersion[P] | undefined =>
    isShared(part) ? undefined : version[part]
  return {
    Name: version.name,
    Served: version.served,
    Storage: version.storage,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: orNull(own("schema"), (one) => ({ OpenAPIV3Schema: orNull(one.openAPIV3Schema, schemaInGo) })),
    Subresources: orNull(own("subresources"), ({ status, scale }) => ({
      Status: status === undefined ? null : {},
      Scale: orNull(scale, ({ specReplicasPath, statusReplicasPath, labelSelectorPath }) => ({
        SpecReplicasPath: specReplicasPath,
        StatusReplicasPath: statusReplicasPath,
        LabelSelectorPath: labelSelectorPath ?? null,
      })),
    })),
    AdditionalPrinterColumns: orNull(own("additionalPrinterColumns"), (columns) =>
      columns.map(({ name, type, format = "", description = "", priority = 0, jsonPath }) => ({
        Name: name,
        Type: type,
        Format: format,
        Description: description,
        Priority: priority,
        JSONPath: jsonPath,
      })),
    ),
    SelectableFields: orNull(own("selectableFields"), (fields) =>
      fields.map(({ jsonPath }) => ({ JSONPath: jsonPath })),
    ),
  }
}

export function schemaInGo(schema: JSONSchemaProps): object {
  const { items, additionalProperties: others, externalDocs: docs } = schema
  const all = (parts: readonly JSONSchemaProps[]) => (parts.length === 0 ? null : parts.map(schemaInGo))
  const eachOf = (parts: Readonly<Record<string, JSONSchemaProps>>) => {
    const names = Object.keys(parts).toSorted()
    return Object.fromEntries(names.map((name) => [name, orNull(parts[name], schemaInGo)]))
  }
  return {
    ...Object.fromEntries(MEMBERS.map((name) => [capitalised(name), inOrder(schema[name] ?? ZERO.get(name) ?? null)])),
    Items: orNull(items, (one) =>
      Array.isArray(one)
        ? { Schema: null, JSONSchemas: (one as readonly JSONSchemaProps[]).map(schemaInGo) }
        : { Schema: schemaInGo(one as JSONSchemaProps), JSONSchemas: null },
    ),
    AllOf: orNull(schema.allOf, all),
    OneOf: orNull(schema.oneOf, all),
    AnyOf: orNull(schema.anyOf, all),
    Not: orNull(schema.not, schemaInGo),
    Properties: orNull(schema.properties, eachOf),
    AdditionalProperties: orNull(others, schemaOrBool),
    PatternProperties: orNull(schema.patternProperties, eachOf),
    Dependencies: schema.dependencies ?? null,
    AdditionalItems: orNull(schema.additionalItems, schemaOrBool),
    Definitions: orNull(schema.definitions, eachOf),
    ExternalDocs: orNull(docs, ({ description = "", url = "" }) => ({ Description: description, URL: url })),
    Example: inOrder(schema.example ?? null),
    XPreserveUnknownFields: schema["x-kubernetes-preserve-unknown-fields"] ?? null,
    XEmbeddedResource: schema["x-kubernetes-embedded-resource"] ?? false,
    XIntOrString: schema["x-kubernetes-int-or-string"] ?? false,
    XListMapKeys: schema["x-kubernetes-list-map-keys"] ?? null,
    XListType: schema["x-kubernetes-list-type"] ?? null,
    XMapType: schema["x-kubernetes-map-type"] ?? null,
    XValidations: orNull(schema["x-kubernetes-validations"], (rules) => rules.map(ruleInGo)),
  }
}

function schemaOrBool(others: JSONSchemaProps | boolean): object {
  return typeof others === "object" ? { Allows: true, Schema: schemaInGo(others) } : { Allows: others, Schema: null }
}

function ruleInGo({ rule, message, messageExpression, reason, fieldPath, optionalOldSelf }: ValidationRule): object {
  return {
    Rule: rule,
    Message: message ?? "",
    MessageExpression: messageExpression ?? "",
    Reason: reason ?? null,
    FieldPath: fieldPath ?? "",
    OptionalOldSelf: optionalOldSelf ?? null,
  }
}
