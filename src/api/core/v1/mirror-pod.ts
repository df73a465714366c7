import type { Draft } from "../../../machinery/schema/schema.ts"
import type { Pod } from "./pod.ts"

export const MIRROR_ANNOTATION = "kubernetes.io/config.mirror"

/** Shows in the API a pod that a kubelet runs from a file of its own. https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/ */
export function isMirrorPod({ metadata: { annotations } }: Pick<Pod | Draft<Pod>, "metadata">): boolean {
  return annotations !== undefined && Object.hasOwn(annotations, MIRROR_ANNOTATION)
}
