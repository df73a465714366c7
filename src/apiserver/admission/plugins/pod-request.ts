import { Pod } from "../../../api/core/v1/pod.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { type AdmissionRequest, isResource } from "../plugin.ts"

/** The pod that a request is about to store; undefined for other kinds, subresources and deletions. */
export function podOf(request: AdmissionRequest): Draft<Pod> | undefined {
  if (request.subresource !== "" || !isResource(request, Pod)) return undefined
  return request.object as Draft<Pod> | undefined
}
