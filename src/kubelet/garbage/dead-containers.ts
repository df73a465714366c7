import type { ContainerStatus, PodSandboxStatus } from "../../runtime/runtime.ts"
import type { PodRuntime } from "../pod/facts.ts"

export interface Garbage {
  readonly containers: readonly ContainerStatus[]
  readonly sandboxes: readonly PodSandboxStatus[]
}

/**
 * What is left over in the runtime of a pod that lives. Of each container the current instance and the one before stay,
 * for its last state and `kubectl logs --previous`; of sandboxes the current one.
 */
export function garbageOf({ containers, sandboxes }: PodRuntime): Garbage {
  const seen = new Map<string, number>()
  const dead = containers.filter(({ metadata: { name }, state }) => {
    const earlier = seen.get(name) ?? 0
    seen.set(name, earlier + 1)
    return earlier >= 2 && state === "EXITED"
  })
  const going = new Set(dead.map(({ id }) => id))
  const inUse = new Set(containers.filter(({ id }) => !going.has(id)).map(({ sandboxId }) => sandboxId))
  const [, ...older] = sandboxes
  return { containers: dead, sandboxes: older.filter(({ id, state }) => state === "NOTREADY" && !inUse.has(id)) }
}
