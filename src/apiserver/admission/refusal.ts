import { forbidden } from "../../machinery/status/errors.ts"
import type { StatusError } from "../../machinery/status/status-error.ts"
import type { AdmissionRequest } from "./plugin.ts"

/** A 403 about the object of a request, as admission plugins word it. */
export function refusal(request: AdmissionRequest, why: string): StatusError {
  const { group, plural } = request.resource
  const { name, generateName } = request.object?.metadata ?? {}
  // The name may not have been generated yet.
  return forbidden({ group, resource: plural }, request.name || generateName || name || "Unknown", why)
}
