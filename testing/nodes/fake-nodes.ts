import type { PodRuntime } from "../../src/kubelet/pod/facts.ts"
import type { ContainerId } from "../../src/runtime/runtime.ts"
import type { PodRef, TestNodes, TestPods } from "../test-cluster.ts"
import type { Use } from "./container-usage.ts"
import type { ContainerWorld } from "./container-world.ts"
import { FakeNode, type FakeNodeContext, type FakeNodeOptions } from "./fake-node.ts"
import { runningContainer } from "./perform.ts"
import { type ContainerMatch, type Exit, StageRules, type Stages } from "./stages.ts"

/** The fake nodes of a cluster. */
export class FakeNodes implements TestNodes, TestPods {
  readonly #context: FakeNodeContext
  readonly #stages = new StageRules()
  readonly #nodes = new Map<string, FakeNode>()

  constructor(context: Omit<FakeNodeContext, "stages">) {
    this.#context = { ...context, stages: this.#stages }
  }

  get names(): readonly string[] {
    return [...this.#nodes.keys()]
  }

  async add(options: FakeNodeOptions = {}): Promise<string> {
    const node = new FakeNode(this.#nodes.size, options, this.#context)
    if (this.#nodes.has(node.name)) throw new TypeError(`found a node ${node.name} already, expected another name`)
    this.#nodes.set(node.name, node)
    await node.start()
    return node.name
  }

  stage(match: ContainerMatch, stages: Stages): () => void {
    return this.#stages.add(match, stages)
  }

  powerOff(name: string): Promise<void> {
    const node = this.get(name)
    node.stop()
    node.reboot()
    return Promise.resolve()
  }

  /** Throws `TypeError` when there is none of that name. */
  get(name: string): FakeNode {
    const node = this.#nodes.get(name)
    if (node === undefined) throw new TypeError(`found no node ${name}, expected one of ${this.names.join(", ")}`)
    return node
  }

  close(): void {
    for (const node of this.#nodes.values()) node.stop()
  }

  exit(pod: PodRef, { code = 0, message = "", reason }: Partial<Exit> = {}, container?: string): void {
    const { id, uid, world } = this.#find(pod, container)
    world.exit(uid, id, { exitCode: code, reason: reason ?? (code === 0 ? "Completed" : "Error"), message })
  }

  setReady(pod: PodRef, ready: boolean, container?: string): void {
    const { id, uid, world } = this.#find(pod, container)
    world.probe(uid, id, () => ({ readiness: ready ? "success" : "failure" }))
  }

  failLiveness(pod: PodRef, container?: string): void {
    const { id, uid, world } = this.#find(pod, container)
    world.probe(uid, id, () => ({ liveness: "failure" }))
  }

  use(pod: PodRef, use: Use, container?: string): void {
    const { id, node } = this.#find(pod, container)
    node.usage.set(id, use)
  }

  /** What the kubelet at an address tells at `/metrics/resource`. Throws when there is none. */
  usageAt(address: string): string {
    const node = [...this.#nodes.values()].find(({ ip }) => ip === address)
    const text = node?.usageNow()
    if (text === undefined) throw new Error(`connect ECONNREFUSED ${address}: no kubelet runs there`)
    return text
  }

  #find(
    pod: PodRef,
    container: string | undefined,
  ): { readonly node: FakeNode; readonly world: ContainerWorld; readonly uid: string; readonly id: ContainerId } {
    const key = typeof pod === "string" ? pod : `${pod.metadata.namespace}/${pod.metadata.name}`
    for (const node of this.#nodes.values()) {
      const { world } = node
      for (const uid of world.uids()) {
        const runtime = world.of(uid)
        const found = nameOf(runtime) === key ? runningContainer(runtime, container) : undefined
        if (found?.state === "RUNNING") return { node, world, uid, id: found.id }
      }
    }
    throw new Error(`found no running container ${container ?? ""} of pod ${key} on the nodes ${this.names.join(", ")}`)
  }
}

function nameOf({ sandboxes: [sandbox] }: PodRuntime): string | undefined {
  return sandbox && `${sandbox.metadata.namespace}/${sandbox.metadata.name}`
}
