import type { ValidationRule } from "./structural-schema.ts"

/** The members of `JSONSchemaProps` that structural schemas are made from. */
export interface SchemaSource {
  readonly id?: string
  readonly $schema?: string
  readonly $ref?: string
  readonly description?: string
  readonly type?: string
  readonly format?: string
  readonly title?: string
  readonly default?: unknown
  readonly maximum?: number
  readonly exclusiveMaximum?: boolean
  readonly minimum?: number
  readonly exclusiveMinimum?: boolean
  readonly maxLength?: number
  readonly minLength?: number
  readonly pattern?: string
  readonly maxItems?: number
  readonly minItems?: number
  readonly uniqueItems?: boolean
  readonly multipleOf?: number
  readonly enum?: readonly unknown[]
  readonly maxProperties?: number
  readonly minProperties?: number
  readonly required?: readonly string[]
  readonly items?: SchemaSource | readonly SchemaSource[]
  readonly allOf?: readonly SchemaSource[]
  readonly oneOf?: readonly SchemaSource[]
  readonly anyOf?: readonly SchemaSource[]
  readonly not?: SchemaSource
  readonly properties?: Readonly<Record<string, SchemaSource>>
  readonly additionalProperties?: SchemaSource | boolean
  readonly patternProperties?: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, unknown>>
  readonly additionalItems?: SchemaSource | boolean
  readonly definitions?: Readonly<Record<string, unknown>>
  readonly externalDocs?: { readonly description?: string; readonly url?: string }
  readonly example?: unknown
  readonly nullable?: boolean
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean
  readonly "x-kubernetes-embedded-resource"?: boolean
  readonly "x-kubernetes-int-or-string"?: boolean
  readonly "x-kubernetes-list-map-keys"?: readonly string[]
  readonly "x-kubernetes-list-type"?: string
  readonly "x-kubernetes-map-type"?: string
  readonly "x-kubernetes-validations"?: readonly ValidationRule[]
}
