import { Pod } from "../../../api/core/v1/pod.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { type AdmissionRequest, isResource } from "../plugin.ts"

export const MIRROR_ANNOTATION = "kubernetes.io/config.mirror"

/** The pod that a request is about to store; undefined for other kinds, subresources and deletions. */
export function podOf(request: AdmissionRequest): Draft<Pod> | undefined {
  if (request.subresource !== "" || !isResource(request, Pod)) return undefined
  return request.object as Draft<Pod> | undefined
}

/** Shown for a pod that a kubelet runs from a file of its own. */
export function isMirrorPod(pod: Pick<Draft<Pod>, "metadata">): boolean {
  const { annotations } = pod.metadata
  return annotations !== undefined && Object.hasOwn(annotations, MIRROR_ANNOTATION)
}
