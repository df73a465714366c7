import type { Pod } from "../../api/core/v1/pod.ts"

export interface PodError {
  readonly pod: Pod
  readonly message: string
}

/** What each pod that waits for a volume is told of those that have it. Of other namespaces only the number is named. */
export function multiAttachErrors(volume: string, waiting: readonly Pod[], blocking: readonly Pod[]): PodError[] {
  return waiting.map((pod) => {
    const because = blocking.length === 0 ? NOBODY : usedBy(pod, blocking)
    return { pod, message: `Multi-Attach error for volume "${volume}" ${because}` }
  })
}

const NOBODY = "Volume is already exclusively attached to one node and can't be attached to another"

function usedBy({ metadata: { namespace } }: Pod, blocking: readonly Pod[]): string {
  const local = blocking.filter(({ metadata }) => metadata.namespace === namespace).map(({ metadata }) => metadata.name)
  const others = blocking.length - local.length
  if (local.length === 0) return `Volume is already used by ${others} pod(s) in different namespaces`
  const names = `Volume is already used by pod(s) ${local.join(", ")}`
  return others > 0 ? `${names} and ${others} pod(s) in different namespaces` : names
}
