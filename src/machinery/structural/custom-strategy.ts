import type { FieldError } from "../field/error.ts"
import type { KubeObject, Strategy } from "../schema/resource.ts"
import type { SchemaSource } from "./schema-source.ts"
import type { RuleCheck, StructuralSchema } from "./structural-schema.ts"

export interface CustomStrategyOptions {
  readonly group: string
  readonly version: string
  readonly kind: string
  /** The schema as the definition has it: what values are validated by. */
  readonly source: SchemaSource | undefined
  /** The same, parsed; undefined when it is not structural. */
  readonly schema: StructuralSchema | undefined
  /** The CEL rules of the schema; absent when it has none. */
  readonly rules?: RuleCheck
  readonly hasStatus: boolean
  /** The paths of the scale subresource, such as `.spec.replicas`. */
  readonly scale?: {
    readonly specReplicasPath: string
    readonly statusReplicasPath: string
    readonly labelSelectorPath?: string
  }
}

/** How a custom resource comes to be and changes: `strategy` of its `Resource`. */
export function customStrategy(options: CustomStrategyOptions): Strategy<KubeObject> {
  const none: readonly FieldError[] = []
  return { generation: true, validateCreate: () => (options.schema === undefined ? none : none) }
}
