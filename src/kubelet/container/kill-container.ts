import type { Pod } from "../../api/core/v1/pod.ts"
import type { ContainerId } from "../../runtime/runtime.ts"
import type { Environment } from "../environment.ts"
import { findContainer } from "../pod/containers.ts"
import { graceLeastSeconds } from "../pod/grace.ts"
import { runHook } from "./hooks.ts"

export interface KillRequest {
  readonly pod: Pod
  readonly id: ContainerId
  readonly name: string
  /** For the `Killing` event. */
  readonly message: string
  readonly graceMs: number
  readonly podIp: string
}

/** Ends a container: its preStop hook first, then its stop signal, then SIGKILL when its time is over. */
export async function killContainer(environment: Environment, request: KillRequest): Promise<void> {
  const { graceMs, id, message, name, pod } = request
  const container = findContainer(pod, name)
  const fieldPath = container?.fieldPath ?? `spec.containers{${name}}`
  environment.events.record(pod, "Normal", "Killing", message, { fieldPath })
  const beganMs = environment.platform.clock.monotonicMs()
  const hook = container?.spec.lifecycle?.preStop
  if (container !== undefined && hook && graceMs > 0) {
    try {
      const { podIp } = request
      await withinGrace(environment, graceMs, (signal) =>
        runHook(environment, { pod, container, id, podIp }, hook, signal),
      )
    } catch (error) {
      environment.platform.log.info("preStop hook failed", { pod: pod.metadata.name, container: name, error })
      environment.events.record(pod, "Warning", "FailedPreStopHook", "PreStopHook failed", { fieldPath })
    }
  }
  const spentMs = environment.platform.clock.monotonicMs() - beganMs
  await environment.runtime.stopContainer(id, Math.max(graceMs - spentMs, graceLeastSeconds * 1000))
  await environment.view.refreshContainer(id)
}

/** Waits for the hook, but not longer than the container has. */
function withinGrace(
  { platform }: Environment,
  graceMs: number,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  return new Promise((resolve, reject) => {
    const timer = platform.clock.after(graceMs, () => {
      resolve()
      stop.abort()
    })
    run(stop.signal)
      .then(resolve, reject)
      .finally(() => timer.cancel())
  })
}
