import { forbidden } from "../../machinery/status/errors.ts"
import type { StatusError } from "../../machinery/status/status-error.ts"
import type { AdmissionRequest } from "./plugin.ts"

/** A 403 about the object of a request, as admission plugins word it. */
export function refusal(request: AdmissionRequest, why: string): StatusError {
  const { group, plural } = request.resource
  const { name, generateName } = request.object?.metadata ?? {}
  // A name that is generated is there when objects are validated, but not when they are completed.
  return forbidden({ group, resource: plural }, request.name || name || generateName || "Unknown", why)
}
