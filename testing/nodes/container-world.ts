import type { PodRuntime, ProbeFacts } from "../../src/kubelet/pod/facts.ts"
import type { Clock } from "../../src/platform/clock.ts"
import type { ContainerId, ContainerStatus, PodSandboxStatus, SandboxId } from "../../src/runtime/runtime.ts"

interface Held {
  readonly sandboxes: PodSandboxStatus[]
  readonly containers: ContainerStatus[]
  readonly probes: Map<ContainerId, ProbeFacts>
}

const WELL: ProbeFacts = { startup: "success", readiness: "success", liveness: "success" }

/** What exists on one fake node: it goes on when the node's kubelet is gone, as real containers do. */
export class ContainerWorld {
  readonly #pods = new Map<string, Held>()
  readonly #clock: Clock
  /** Told of each change; the node's kubelet, while there is one. */
  onChange: (podUid: string) => void = () => undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  of(podUid: string): PodRuntime {
    return this.#pods.get(podUid) ?? { sandboxes: [], containers: [] }
  }

  uids(): readonly string[] {
    return [...this.#pods.keys()]
  }

  probes(podUid: string): ReadonlyMap<ContainerId, ProbeFacts> {
    return this.#pods.get(podUid)?.probes ?? new Map()
  }

  addSandbox(podUid: string, sandbox: PodSandboxStatus): void {
    this.#held(podUid).sandboxes.unshift(sandbox)
    this.onChange(podUid)
  }

  stopSandbox(podUid: string, id: SandboxId): void {
    const { sandboxes } = this.#held(podUid)
    const at = sandboxes.findIndex((each) => each.id === id)
    const found = sandboxes[at]
    if (found !== undefined) sandboxes[at] = { ...found, state: "NOTREADY" }
    this.onChange(podUid)
  }

  addContainer(podUid: string, container: ContainerStatus, ready: boolean): void {
    const held = this.#held(podUid)
    held.containers.unshift(container)
    held.probes.set(container.id, { ...WELL, readiness: ready ? "success" : "failure" })
    this.onChange(podUid)
  }

  /** Does nothing when it has ended, or never was. */
  exit(podUid: string, id: ContainerId, end: Pick<ContainerStatus, "exitCode" | "reason" | "message">): void {
    const held = this.#pods.get(podUid)
    const at = held?.containers.findIndex((each) => each.id === id) ?? -1
    const found = held?.containers[at]
    if (held === undefined || found === undefined || found.state !== "RUNNING") return
    const finishedAtNs = BigInt(Math.trunc(this.#clock.nowMs())) * 1_000_000n
    held.containers[at] = { ...found, ...end, state: "EXITED", finishedAtNs, pid: 0 }
    held.probes.delete(id)
    this.onChange(podUid)
  }

  /** Does nothing unless it runs. */
  probe(podUid: string, id: ContainerId, change: (before: ProbeFacts) => Partial<ProbeFacts>): void {
    const held = this.#pods.get(podUid)
    const before = held?.probes.get(id)
    if (held === undefined || before === undefined) return
    held.probes.set(id, { ...before, ...change(before) })
    this.onChange(podUid)
  }

  removeContainer(podUid: string, id: ContainerId): void {
    const held = this.#held(podUid)
    held.containers.splice(0, Infinity, ...held.containers.filter((each) => each.id !== id))
    held.probes.delete(id)
    this.onChange(podUid)
  }

  remove(podUid: string): void {
    this.#pods.delete(podUid)
  }

  #held(podUid: string): Held {
    return this.#pods.getOrInsertComputed(podUid, () => ({ sandboxes: [], containers: [], probes: new Map() }))
  }
}
