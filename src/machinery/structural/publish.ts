import type { Dialect, JsonSchema } from "../openapi/dialect.ts"
import type { StructuralSchema } from "./structural-schema.ts"

/** The OpenAPI definition of a custom resource. */
export function publish(_dialect: Dialect, _schema: StructuralSchema | undefined): JsonSchema {
  return { type: "object" }
}
