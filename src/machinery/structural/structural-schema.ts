/**
 * A structural schema: the form of a custom resource, parsed once per version of its definition. What gives a value its
 * shape (types, members, items) stands apart from what only restricts it (`values`), so that pruning, defaulting, merging
 * and CEL rules each find one schema for every place in an object.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export interface StructuralSchema extends Generic, Extensions {
  readonly items: StructuralSchema | undefined
  readonly properties: ReadonlyMap<string, StructuralSchema>
  /** The form of members that `properties` does not name; true: anything, but nothing below it is known. */
  readonly additionalProperties: StructuralSchema | boolean | undefined
  readonly rules: readonly ValidationRule[]
  readonly values: ValueValidation
}

export interface Generic {
  readonly description: string
  /** `object`, `array`, `string`, `integer`, `number`, `boolean`; empty where anything, or an int-or-string, may stand. */
  readonly type: string
  readonly title: string
  /** Undefined when there is none. Never changed: whoever fills it in makes a copy. */
  readonly default: unknown
  readonly nullable: boolean
  readonly externalDocs: { readonly description: string; readonly url: string } | undefined
  readonly example: unknown
}

/** The `x-kubernetes-…` members that are part of the structure. */
export interface Extensions {
  readonly preserveUnknownFields: boolean
  readonly embeddedResource: boolean
  readonly intOrString: boolean
  readonly listMapKeys: readonly string[]
  /** `atomic`, `set` or `map`. */
  readonly listType: string | undefined
  /** `granular` or `atomic`. */
  readonly mapType: string | undefined
}

/** A CEL rule, as the definition has it. */
export interface ValidationRule {
  readonly rule: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: string
  readonly fieldPath?: string
  readonly optionalOldSelf?: boolean
}

export interface ValueValidation {
  readonly format: string
  readonly maximum: number | undefined
  readonly exclusiveMaximum: boolean
  readonly minimum: number | undefined
  readonly exclusiveMinimum: boolean
  readonly maxLength: number | undefined
  readonly minLength: number | undefined
  readonly pattern: string
  readonly maxItems: number | undefined
  readonly minItems: number | undefined
  readonly uniqueItems: boolean
  readonly multipleOf: number | undefined
  readonly enum: readonly unknown[]
  readonly maxProperties: number | undefined
  readonly minProperties: number | undefined
  readonly required: readonly string[]
  readonly allOf: readonly NestedValidation[]
  readonly anyOf: readonly NestedValidation[]
  readonly oneOf: readonly NestedValidation[]
  readonly not: NestedValidation | undefined
}

/** What stands below `allOf`, `anyOf`, `oneOf` and `not`: it restricts values, and may not shape them. */
export interface NestedValidation extends ValueValidation {
  readonly items: NestedValidation | undefined
  readonly properties: ReadonlyMap<string, NestedValidation>
  readonly additionalProperties: NestedValidation | undefined
  readonly rules: readonly ValidationRule[]
  /** What may not stand here, with the exception of the types of an int-or-string. */
  readonly forbidden: Generic & Extensions
}
