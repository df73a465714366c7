import { decodeValue } from "../machinery/decode/decode.ts"
import { applyDefaults } from "../machinery/defaulting/apply-defaults.ts"
import type { ObjectOf, Resource } from "../machinery/schema/resource.ts"
import type { Draft } from "../machinery/schema/schema.ts"

/** A manifest as the API server has it after decoding and defaulting: for tests of kinds. */
export function defaulted<R extends Resource<unknown, unknown>>(resource: R, manifest: object): Draft<ObjectOf<R>> {
  const { apiVersion, kind } = resource
  const draft = decodeValue(resource.struct, { apiVersion, kind, ...manifest })
  return applyDefaults(resource.struct, draft) as Draft<ObjectOf<R>>
}
