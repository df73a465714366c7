import type { Platform } from "../../platform/platform.ts"
import type { ContainerId, ContainerRuntime } from "../../runtime/runtime.ts"
import type { Pods } from "../pods.ts"
import type { RuntimeView } from "../runtime-view.ts"
import type { Allocations } from "../topology/allocations.ts"

/** A running container that is to move. */
export interface Move {
  readonly id: ContainerId
  readonly cpusetCpus: string
}

interface Running {
  readonly id: ContainerId
  readonly podUid: string
  readonly name: string
}

/** Who runs on other CPUs than it should; of those of which nothing is known it is assumed. */
export function moves(
  running: readonly Running[],
  placement: Allocations["placement"],
  applied: ReadonlyMap<ContainerId, string>,
): Move[] {
  return running.flatMap(({ id, name, podUid }) => {
    const { cpusetCpus = "" } = placement(podUid, name)
    return cpusetCpus === "" || applied.get(id) === cpusetCpus ? [] : [{ id, cpusetCpus }]
  })
}

/** Keeps running containers on the CPUs that are theirs, or on those that all others share. */
export interface CpusetKeeper {
  /** CPUs have changed hands. */
  changed(): void
}

/** Until `signal` aborts. What fails is tried again after `everyMs`. */
export function keepCpusets(options: {
  readonly pods: Pick<Pods, "list">
  readonly view: Pick<RuntimeView, "of">
  readonly runtime: Pick<ContainerRuntime, "updateContainerResources">
  readonly placement: Allocations["placement"]
  readonly platform: Pick<Platform, "clock" | "log">
  readonly everyMs: number
  readonly signal: AbortSignal
}): CpusetKeeper {
  const { everyMs, placement, platform, pods, runtime, signal, view } = options
  const applied = new Map<ContainerId, string>()
  const running = (): Running[] =>
    pods.list().flatMap(({ metadata: { uid } }) =>
      view
        .of(uid)
        .containers.filter(({ state }) => state === "RUNNING")
        .map(({ id, metadata }) => ({ id, podUid: uid, name: metadata.name })),
    )
  const put = async ({ cpusetCpus, id }: Move): Promise<void> => {
    try {
      await runtime.updateContainerResources(id, { cpusetCpus })
      applied.set(id, cpusetCpus)
    } catch (error) {
      platform.log.warn("the CPUs of a container could not be changed", { container: id, cpus: cpusetCpus, error })
    }
  }
  let timer = platform.clock.after(everyMs, () => changed())
  let busy = false
  let isDue = false
  const round = async (): Promise<void> => {
    const all = running()
    const alive = new Set(all.map(({ id }) => id))
    for (const id of applied.keys()) if (!alive.has(id)) applied.delete(id)
    for (const move of moves(all, placement, applied)) if (!signal.aborted) await put(move)
  }
  const changed = (): void => {
    isDue = true
    if (busy || signal.aborted) return
    busy = true
    timer.cancel()
    void (async () => {
      while (isDue && !signal.aborted) {
        isDue = false
        await round()
      }
      busy = false
      if (!signal.aborted) timer = platform.clock.after(everyMs, changed)
    })()
  }
  signal.addEventListener("abort", () => timer.cancel(), { once: true })
  return { changed }
}
