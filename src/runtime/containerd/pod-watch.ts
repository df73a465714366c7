import { hasGrpcCode } from "../../machinery/grpc/code.ts"
import type { ClientOf } from "../../machinery/grpc/service.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ContainerId, ContainerStatus } from "../container.ts"
import type { RuntimeService } from "../cri/services.ts"
import { isRuntimeError } from "../errors.ts"
import { createEventHub } from "../event-hub.ts"
import type { ContainerRuntime, RuntimeEvent } from "../runtime.ts"
import type { PodSandboxStatus, SandboxId } from "../sandbox.ts"

/** As the kubelet's of runtimes without events. */
const RELIST_MS = 1000
/** With events, for what they may have left out. */
const RELIST_WITH_EVENTS_MS = 60_000

/** Neither goes back. */
const CONTAINER_ORDER = ["CREATED", "UNKNOWN", "RUNNING", "EXITED"]
const SANDBOX_ORDER = ["READY", "NOTREADY"]

type Source = Pick<ContainerRuntime, "containerStatus" | "listContainers" | "listPodSandboxes" | "podSandboxStatus">

interface WatchOptions {
  readonly source: Source
  readonly cri: Pick<ClientOf<typeof RuntimeService>, "GetContainerEvents">
  readonly platform: Pick<Platform, "clock" | "log">
}

/**
 * Finds out what happens in a runtime: by its events, by looking every second when it has none (containerd before 1.7),
 * and at once after what this process has done itself. Nothing is asked while nobody listens.
 */
export class PodWatch {
  readonly #options: WatchOptions
  readonly #hub = createEventHub<RuntimeEvent>()
  readonly #sandboxes = new Map<SandboxId, PodSandboxStatus>()
  readonly #containers = new Map<ContainerId, { readonly podUid: string; readonly status: ContainerStatus }>()
  #listeners = 0
  #beginning: Promise<void> = Promise.resolve()
  #following: AbortController | undefined

  constructor(options: WatchOptions) {
    this.#options = options
  }

  async *events(signal: AbortSignal): AsyncGenerator<RuntimeEvent, void, undefined> {
    this.#listeners++
    try {
      this.#beginning = this.#relist()
      await this.#beginning
      if (this.#following === undefined) {
        this.#following = new AbortController()
        void this.#follow(this.#following.signal)
      }
      yield* this.#hub.subscribe(signal, () => this.#everything())
    } finally {
      if (--this.#listeners === 0) this.#rest()
    }
  }

  /** Resolves when whoever began to listen knows what there is. To be awaited before a change. */
  async begun(): Promise<void> {
    await this.#beginning.catch(() => undefined)
  }

  close(): void {
    this.#rest()
    this.#hub.close()
  }

  /** To be called after a change to a sandbox, of which its containers may have had a part. */
  async sandboxChanged(id: SandboxId): Promise<void> {
    if (this.#listeners === 0) return
    const containers = await this.#options.source.listContainers({ sandboxId: id })
    const own = this.#containers.values().filter(({ status }) => status.sandboxId === id)
    const ids = new Set([...containers.map((each) => each.id), ...own.map(({ status }) => status.id)])
    await Promise.all([...ids].map((each) => this.#lookAtContainer(each)))
    await this.#lookAtSandbox(id)
  }

  async containerChanged(id: ContainerId): Promise<void> {
    if (this.#listeners > 0) await this.#lookAtContainer(id)
  }

  #rest(): void {
    this.#following?.abort()
    this.#following = undefined
    // Old by the time that somebody listens again.
    this.#sandboxes.clear()
    this.#containers.clear()
  }

  #everything(): RuntimeEvent[] {
    const sandboxes = this.#sandboxes.values().map((sandbox) => ({ type: "sandbox", sandbox }) as const)
    const containers = this.#containers
      .values()
      .map(({ podUid, status }) => ({ type: "container", podUid, container: status }) as const)
    return [...sandboxes, ...containers]
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options.platform
    let hasEvents = true
    let isAway = false
    while (!signal.aborted) {
      const session = new AbortController()
      const ending = AbortSignal.any([signal, session.signal])
      if (hasEvents) this.#hear(ending).catch((error: unknown) => session.abort(error))
      try {
        // Nobody tells when the stream begins, so what was missed before is looked for once it must have begun.
        await clock.sleep(RELIST_MS, ending)
        for (;;) {
          await this.#relist()
          if (isAway) log.info("the container runtime is back")
          isAway = false
          await clock.sleep(hasEvents ? RELIST_WITH_EVENTS_MS : RELIST_MS, ending)
        }
      } catch (thrown) {
        if (signal.aborted) return
        const error: unknown = session.signal.aborted ? session.signal.reason : thrown
        if (hasGrpcCode(error, "Unimplemented")) {
          hasEvents = false
          continue
        }
        if (!isAway) log.warn("the container runtime does not answer; asking it again and again", { error })
        isAway = true
        await clock.sleep(RELIST_MS, signal).catch(() => undefined)
      } finally {
        session.abort()
      }
    }
  }

  /** Never resolves: it rejects when the runtime has no events, or is gone. */
  async #hear(signal: AbortSignal): Promise<never> {
    for await (const { containerId = "", podSandboxStatus } of this.#options.cri.GetContainerEvents({}, { signal })) {
      // Sandboxes are containers there.
      const isSandbox = podSandboxStatus?.id === containerId || this.#sandboxes.has(containerId as SandboxId)
      const look = isSandbox
        ? this.#lookAtSandbox(containerId as SandboxId)
        : this.#lookAtContainer(containerId as ContainerId)
      look.catch((error: unknown) =>
        this.#options.platform.log.debug("an event was not looked into", { id: containerId, error }),
      )
    }
    throw new Error("the stream of events has ended")
  }

  async #relist(): Promise<void> {
    const { source } = this.#options
    const known = { sandboxes: [...this.#sandboxes.keys()], containers: [...this.#containers.keys()] }
    const [sandboxes, containers] = await Promise.all([source.listPodSandboxes(), source.listContainers()])
    const here = new Set<string>([...sandboxes, ...containers].map(({ id }) => id))
    for (const id of known.containers) if (!here.has(id)) this.#containerGone(id)
    for (const id of known.sandboxes) if (!here.has(id)) this.#sandboxGone(id)
    const newSandboxes = sandboxes.filter(({ id, state }) => this.#sandboxes.get(id)?.state !== state)
    await Promise.all(newSandboxes.map(({ id }) => this.#lookAtSandbox(id)))
    const newContainers = containers.filter(({ id, state }) => this.#containers.get(id)?.status.state !== state)
    await Promise.all(newContainers.map(({ id }) => this.#lookAtContainer(id)))
  }

  async #lookAtSandbox(id: SandboxId): Promise<void> {
    const sandbox = await ifThere(this.#options.source.podSandboxStatus(id))
    if (sandbox === undefined) return this.#sandboxGone(id)
    const before = this.#sandboxes.get(id)
    if (before && SANDBOX_ORDER.indexOf(sandbox.state) <= SANDBOX_ORDER.indexOf(before.state)) return
    this.#sandboxes.set(id, sandbox)
    this.#hub.publish({ type: "sandbox", sandbox })
  }

  async #lookAtContainer(id: ContainerId): Promise<void> {
    const container = await ifThere(this.#options.source.containerStatus(id))
    if (container === undefined) return this.#containerGone(id)
    if (!this.#sandboxes.has(container.sandboxId)) await this.#lookAtSandbox(container.sandboxId)
    const before = this.#containers.get(id)?.status
    if (before && CONTAINER_ORDER.indexOf(container.state) <= CONTAINER_ORDER.indexOf(before.state)) return
    const podUid = this.#sandboxes.get(container.sandboxId)?.metadata.uid ?? ""
    this.#containers.set(id, { podUid, status: container })
    this.#hub.publish({ type: "container", podUid, container })
  }

  #sandboxGone(id: SandboxId): void {
    const before = this.#sandboxes.get(id)
    if (before === undefined) return
    this.#sandboxes.delete(id)
    this.#hub.publish({ type: "sandbox-removed", id, podUid: before.metadata.uid })
  }

  #containerGone(id: ContainerId): void {
    const before = this.#containers.get(id)
    if (before === undefined) return
    this.#containers.delete(id)
    this.#hub.publish({ type: "container-removed", id, sandboxId: before.status.sandboxId, podUid: before.podUid })
  }
}

async function ifThere<T>(status: Promise<T>): Promise<T | undefined> {
  try {
    return await status
  } catch (error) {
    if (isRuntimeError(error, "NotFound")) return undefined
    throw error
  }
}
