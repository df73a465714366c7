import type { Pod } from "../../api/core/v1/pod.ts"
import type { UserNamespace } from "../../runtime/runtime.ts"
import type { IdBlocks } from "./id-blocks.ts"

/** The user namespace of a pod; undefined: it has the node's users. */
export function userNamespaceOf({ metadata, spec }: Pod, blocks: Pick<IdBlocks, "of">): UserNamespace | undefined {
  return spec.hostUsers === false ? blocks.of(metadata.uid) : undefined
}
