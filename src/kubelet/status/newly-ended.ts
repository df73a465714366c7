import type { ContainerStatus } from "../../api/core/v1/container-status.ts"
import type { PodStatus } from "../../api/core/v1/pod-status.ts"

/** How a container ended, as metrics are labelled. */
export type Ended = {
  readonly container_type: "container" | "init_container" | "ephemeral_container"
  readonly exit_code: string
  readonly reason: string
}

const lists = [
  ["container", "containerStatuses"],
  ["init_container", "initContainerStatuses"],
  ["ephemeral_container", "ephemeralContainerStatuses"],
] as const

/** The ends that one status of a pod shows and an earlier one does not. */
export function newlyEnded(before: PodStatus, after: PodStatus): Ended[] {
  return lists.flatMap(([type, list]) => {
    const known = new Set((before[list] ?? []).flatMap(endsOf).map(({ containerID }) => containerID))
    return (after[list] ?? []).flatMap(endsOf).flatMap(({ containerID, exitCode, reason = "" }) => {
      if (containerID === undefined || known.has(containerID)) return []
      return [{ container_type: type, exit_code: String(exitCode), reason }]
    })
  })
}

function endsOf({ lastState, state }: ContainerStatus) {
  return [state?.terminated, lastState?.terminated].filter((each) => each !== undefined)
}
