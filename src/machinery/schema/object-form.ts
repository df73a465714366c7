import type { StructType } from "../apply/merge-type.ts"
import type { Diagnosis } from "../decode/diagnose.ts"
import type { Dialect, JsonSchema } from "../openapi/dialect.ts"
import type { JsonObject } from "../patch/structure.ts"

/**
 * How the objects of a struct are handled whose members are not fields: those of custom resources, which a structural
 * schema describes. Each pass that walks the members of other structs asks the form instead; nothing else differs, so
 * whoever handles objects need not know of it. Validation is not here: it needs the object's earlier state, and is part
 * of the strategy.
 */
export interface ObjectForm {
  /** The in-memory form: what the schema does not know is left out and noted. Throws `MISMATCH` for bad metadata. */
  readonly decode: (value: unknown, notes: { unknown: boolean }) => JsonObject
  /** Why `decode` refused a value, or what it left out. */
  readonly diagnose: (value: unknown) => Diagnosis
  /** Fills in defaults, in place. */
  readonly fillIn: (object: JsonObject) => void
  readonly mergeType: StructType
  /** Why server-side apply cannot take a configuration, each with its path; empty when it can. */
  readonly appliedProblems: (value: unknown) => readonly string[]
  /** The status is written through a subresource only. */
  readonly hasStatus: boolean
  /** The OpenAPI definition; group, version and kind are added by the caller. */
  readonly publish: (dialect: Dialect) => JsonSchema
}
