import type { Platform } from "../platform/platform.ts"
import {
  type ContainerId,
  type ContainerRuntime,
  type ContainerStatus,
  isRuntimeError,
  type PodSandboxStatus,
  type RuntimeEvent,
  type SandboxId,
} from "../runtime/runtime.ts"
import { podUidLabel } from "./config/labels.ts"
import type { Counters } from "./counters.ts"
import type { PodRuntime } from "./pod/facts.ts"
import type { Timings } from "./timings.ts"

/** What the runtime holds, by pod, kept current by its events. */
export interface RuntimeView {
  of(podUid: string): PodRuntime
  /** Every pod of which something exists. */
  uids(): readonly string[]
  /** Reads one object at once, for a caller that has just changed it and will not wait for the event. */
  refreshSandbox(id: SandboxId): Promise<void>
  refreshContainer(id: ContainerId): Promise<void>
  forgetContainer(podUid: string, id: ContainerId): void
  forgetSandbox(podUid: string, id: SandboxId): void
}

interface Held {
  readonly sandboxes: Map<SandboxId, PodSandboxStatus>
  readonly containers: Map<ContainerId, ContainerStatus>
  /** Sorted form, made when asked for. */
  sorted: PodRuntime | undefined
}

const empty: PodRuntime = { sandboxes: [], containers: [] }
const retryMs = 1000

/** Reads everything that exists, then follows the runtime's events until `signal` aborts. */
export async function followRuntime(options: {
  readonly runtime: ContainerRuntime
  readonly counters: Pick<Counters, "add">
  readonly timings: Pick<Timings, "time">
  readonly platform: Pick<Platform, "clock" | "log">
  readonly signal: AbortSignal
  readonly onChange: (podUid: string) => void
}): Promise<RuntimeView> {
  const { counters, onChange, platform, runtime, signal, timings } = options
  const pods = new Map<string, Held>()
  const held = (uid: string): Held => {
    let found = pods.get(uid)
    if (found === undefined) pods.set(uid, (found = { sandboxes: new Map(), containers: new Map(), sorted: undefined }))
    found.sorted = undefined
    return found
  }
  const drop = (uid: string, remove: (of: Held) => void) => {
    const found = held(uid)
    remove(found)
    if (found.sandboxes.size === 0 && found.containers.size === 0) pods.delete(uid)
  }
  const apply = (event: RuntimeEvent): string => {
    switch (event.type) {
      case "sandbox":
        held(event.sandbox.metadata.uid).sandboxes.set(event.sandbox.id, event.sandbox)
        return event.sandbox.metadata.uid
      case "container":
        held(event.podUid).containers.set(event.container.id, event.container)
        return event.podUid
      case "sandbox-removed":
        drop(event.podUid, ({ sandboxes }) => sandboxes.delete(event.id))
        return event.podUid
      case "container-removed":
        drop(event.podUid, ({ containers }) => containers.delete(event.id))
        return event.podUid
    }
  }
  const view: RuntimeView = {
    of(uid) {
      const found = pods.get(uid)
      if (found === undefined) return empty
      found.sorted ??= {
        sandboxes: [...found.sandboxes.values()].sort((a, b) => b.metadata.attempt - a.metadata.attempt),
        containers: [...found.containers.values()].sort(newestFirst),
      }
      return found.sorted
    },
    uids: () => [...pods.keys()],
    async refreshSandbox(id) {
      const sandbox = await ifThere(runtime.podSandboxStatus(id))
      if (sandbox) apply({ type: "sandbox", sandbox })
    },
    async refreshContainer(id) {
      const container = await ifThere(runtime.containerStatus(id))
      const podUid = container?.labels[podUidLabel]
      if (container && podUid) apply({ type: "container", podUid, container })
    },
    forgetContainer: (uid, id) => drop(uid, ({ containers }) => containers.delete(id)),
    forgetSandbox: (uid, id) => drop(uid, ({ sandboxes }) => sandboxes.delete(id)),
  }

  // The only time that all are listed: later changes come as events.
  await timings.time("kubelet_pleg_relist_duration_seconds", {}, async () => {
    const [sandboxes, containers] = await Promise.all([runtime.listPodSandboxes(), runtime.listContainers()])
    await Promise.all([
      ...sandboxes.map(({ id }) => view.refreshSandbox(id)),
      ...containers.map(({ id }) => view.refreshContainer(id)),
    ])
  })
  void follow()
  return view

  async function follow(): Promise<void> {
    while (!signal.aborted) {
      try {
        const events = runtime.events(signal)
        counters.add("kubelet_evented_pleg_connection_success_count")
        for await (const event of events) onChange(apply(event))
      } catch (error) {
        if (signal.aborted) return
        counters.add("kubelet_evented_pleg_connection_error_count")
        platform.log.warn("runtime events broke off; following them again", { error })
      }
      await platform.clock.sleep(retryMs, signal).catch(() => undefined)
    }
  }
}

/** By attempt first: wall clocks jump. */
function newestFirst(a: ContainerStatus, b: ContainerStatus): number {
  return b.metadata.attempt - a.metadata.attempt || Number(b.createdAtNs - a.createdAtNs)
}

async function ifThere<T>(status: Promise<T>): Promise<T | undefined> {
  try {
    return await status
  } catch (error) {
    if (isRuntimeError(error, "NotFound")) return undefined
    throw error
  }
}
