import { isMirrorPod } from "../../api/core/v1/mirror-pod.ts"
import type { Pod } from "../../api/core/v1/pod.ts"

/** Static pods come from files of the node. In the API each is shown by a mirror pod. https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/ */

export const SOURCE_ANNOTATION = "kubernetes.io/config.source"
export const HASH_ANNOTATION = "kubernetes.io/config.hash"
export const SEEN_ANNOTATION = "kubernetes.io/config.seen"

const FILE = "file"
const API = "api"

export function isStaticPod({ metadata: { annotations } }: Pick<Pod, "metadata">): boolean {
  return annotations?.[SOURCE_ANNOTATION] === FILE
}

/** What `isStaticPod` goes by. */
export const staticSource = { [SOURCE_ANNOTATION]: FILE }

/** A pod of the API that says it came from a file would have the rights of one that did. Mirror pods did. */
export function withTrueSource(pod: Pod): Pod {
  if (!isStaticPod(pod) || isMirrorPod(pod)) return pod
  const annotations = { ...pod.metadata.annotations, [SOURCE_ANNOTATION]: API }
  return { ...pod, metadata: { ...pod.metadata, annotations } }
}
