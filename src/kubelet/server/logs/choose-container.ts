import type { ContainerStatus } from "../../../api/core/v1/container-status.ts"
import type { Pod } from "../../../api/core/v1/pod.ts"

/**
 * The id (with its `scheme://`) of the container whose log is meant. Throws the kubelet's message when there is none.
 */
export function chooseContainer(pod: Pod, name: string, previous: boolean): string {
  const what = `container "${name}" in pod "${pod.metadata.name}"`
  const status = statusOf(pod, name)
  if (status === undefined) throw new Error(`${what} is not available`)
  const { waiting, running, terminated } = status.state ?? {}
  const last = status.lastState?.terminated
  if (previous) {
    if (!last?.containerID) throw new Error(`previous terminated ${what} not found`)
    return last.containerID
  }
  if (running !== undefined) return status.containerID ?? ""
  if (terminated !== undefined || last !== undefined) {
    const id = terminated?.containerID || last?.containerID
    if (!id) throw new Error(`${what} is terminated`)
    return id
  }
  if (waiting === undefined) throw new Error(`${what} is waiting to start - no logs yet`)
  throw new Error(`${what} is waiting to start: ${waitingReasons.get(waiting.reason ?? "") ?? waiting.reason ?? ""}`)
}

const waitingReasons: ReadonlyMap<string, string> = new Map([
  ["ErrImagePull", "image can't be pulled"],
  ["ImagePullBackOff", "trying and failing to pull image"],
])

function statusOf({ status }: Pod, name: string): ContainerStatus | undefined {
  const all = [status.containerStatuses, status.initContainerStatuses, status.ephemeralContainerStatuses]
  return all.flatMap((list) => list ?? []).find((each) => each.name === name)
}
