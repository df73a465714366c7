import { strategicMerge } from "../../machinery/patch/strategic.ts"
import { StrategicMergeError } from "../../machinery/patch/strategic-error.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import { badRequest } from "../../machinery/status/errors.ts"
import { StatusError } from "../../machinery/status/status-error.ts"

/** Applies a strategic merge patch by the schema's merge keys. Throws a 400, 422 or 500 as Kubernetes does. */
export function applyStrategicPatch(resource: AnyResource, before: object, patch: unknown): unknown {
  try {
    return strategicMerge(resource.struct, before, patch)
  } catch (error) {
    if (!(error instanceof StrategicMergeError)) throw error
    if (error.code === 400) throw badRequest(error.message)
    if (error.code === 422) throw unprocessable(error.message)
    throw new StatusError("", 500, error.message)
  }
}

/** A 422 whose text says nothing; the cause does: the patch is well formed but does not fit the object. */
export function unprocessable(message: string): StatusError {
  const text = "the server rejected our request due to an error in our request"
  return new StatusError("Invalid", 422, text, { causes: [{ message }] })
}
