import type { ContainerStatus } from "../runtime/runtime.ts"
import { readySandbox } from "./pod/facts.ts"
import type { ContainerInstance, PodAccess } from "./pod-access.ts"
import type { Pods } from "./pods.ts"
import type { RuntimeView } from "./runtime-view.ts"

export function createPodAccess(pods: Pods, view: RuntimeView): PodAccess {
  return {
    pods: () => pods.list(),
    find: (namespace, name, uid) =>
      pods.list().find(({ metadata }) => {
        return metadata.namespace === namespace && metadata.name === name && (uid === undefined || metadata.uid === uid)
      }),
    byUid: (uid) => pods.get(uid),
    sandboxId: (uid) => readySandbox(view.of(uid))?.id,
    container(uid, name) {
      const instances = view.of(uid).containers.filter(({ metadata }) => metadata.name === name)
      const [current, ...earlier] = instances.map(instance)
      if (current === undefined) return undefined
      const previous = earlier.find(({ state }) => state === "EXITED")
      return previous === undefined ? { current } : { current, previous }
    },
  }
}

function instance({ id, logPath, metadata, state }: ContainerStatus): ContainerInstance {
  return { id, state, logPath, attempt: metadata.attempt }
}
