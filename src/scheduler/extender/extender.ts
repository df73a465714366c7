import type { Pod } from "../../api/core/v1/pod.ts"
import type { Clock } from "../../platform/clock.ts"
import type { ExtenderConfig } from "../config/extender-config.ts"
import { type Rejection, reject, rejectForGood } from "../framework.ts"
import type { NodeState } from "../node-state.ts"
import type { Candidate } from "../preemption/select-victims.ts"
import { createExtenderCall, type ExtenderCall } from "./extender-call.ts"

/**
 * Another program that takes part in scheduling, as the scheduler asks it.
 * https://github.com/kubernetes/design-proposals-archive/blob/main/scheduling/scheduler_extender.md
 */
export class Extender {
  readonly #config: ExtenderConfig
  readonly #call: ExtenderCall

  constructor(config: ExtenderConfig, clock: Clock, call = createExtenderCall(config, clock)) {
    this.#config = config
    this.#call = call
  }

  get name(): string {
    return this.#config.urlPrefix
  }
  get isIgnorable(): boolean {
    return this.#config.ignorable
  }
  get filters(): boolean {
    return this.#config.filterVerb !== ""
  }
  get prioritizes(): boolean {
    return this.#config.prioritizeVerb !== ""
  }
  get preempts(): boolean {
    return this.#config.preemptVerb !== ""
  }
  get binds(): boolean {
    return this.#config.bindVerb !== ""
  }

  isInterested({ spec }: Pod): boolean {
    const { managedResources } = this.#config
    if (managedResources.size === 0) return true
    return [...spec.containers, ...(spec.initContainers ?? [])].some(({ resources }) =>
      [...Object.keys(resources?.requests ?? {}), ...Object.keys(resources?.limits ?? {})].some((name) =>
        managedResources.has(name),
      ),
    )
  }

  /** The nodes that fit, and why the others do not. */
  async filter(pod: Pod, nodes: readonly NodeState[]): Promise<ExtenderFilter> {
    const answer = (await this.#call(this.#config.filterVerb, this.#nodeArgs(pod, nodes))) as FilterResult
    if (answer.Error) throw new Error(answer.Error)
    const byName = new Map(nodes.map((node) => [node.name, node]))
    const names = this.#config.nodeCacheCapable ? answer.NodeNames : undefined
    const fitting = (names ?? answer.Nodes?.items?.map(({ metadata }) => metadata?.name ?? "") ?? []).map((name) => {
      const node = byName.get(name)
      if (node !== undefined) return node
      throw new Error(
        `extender ${JSON.stringify(this.name)} claims a filtered node ${JSON.stringify(name)} which is not found in the input node list`,
      )
    })
    const refused = new Map<string, Rejection>()
    for (const [name, why] of Object.entries(answer.FailedNodes ?? {})) refused.set(name, reject(why))
    for (const [name, why] of Object.entries(answer.FailedAndUnresolvableNodes ?? {})) {
      refused.set(name, rejectForGood(why))
    }
    return { fitting, refused }
  }

  /** What it adds to the score of nodes, by name. */
  async prioritize(pod: Pod, nodes: readonly NodeState[]): Promise<ReadonlyMap<string, number>> {
    const answer = await this.#call(this.#config.prioritizeVerb, this.#nodeArgs(pod, nodes))
    const priorities = (Array.isArray(answer) ? answer : []) as readonly { Host?: string; Score?: number }[]
    return new Map(
      priorities.map(({ Host = "", Score = 0 }) => [Host, Score * this.#config.weight * PRIORITY_TO_SCORE]),
    )
  }

  /** Which of the candidates remain for preemption, with which victims. */
  async preempt(
    pod: Pod,
    candidates: readonly Candidate[],
    nodes: ReadonlyMap<string, NodeState>,
  ): Promise<readonly Candidate[]> {
    const victims = (ofPod: (victim: Pod) => unknown) =>
      Object.fromEntries(
        candidates.map((candidate) => [
          candidate.nodeName,
          { Pods: candidate.victims.map(ofPod), NumPDBViolations: candidate.budgetViolations },
        ]),
      )
    const args = this.#config.nodeCacheCapable
      ? { Pod: pod, NodeNameToVictims: null, NodeNameToMetaVictims: victims(({ metadata }) => ({ UID: metadata.uid })) }
      : { Pod: pod, NodeNameToVictims: victims((victim) => victim), NodeNameToMetaVictims: null }
    const { NodeNameToMetaVictims = {} } = (await this.#call(this.#config.preemptVerb, args)) as PreemptionResult
    return Object.entries(NodeNameToMetaVictims ?? {}).flatMap(([nodeName, chosen]) => {
      const [first, ...rest] = (chosen?.Pods ?? []).map(({ UID = "" }) =>
        this.#podOn(nodes.get(nodeName), UID, nodeName),
      )
      if (first !== undefined)
        return [{ nodeName, victims: [first, ...rest], budgetViolations: chosen?.NumPDBViolations ?? 0 }]
      if (this.isIgnorable) return []
      throw new Error(`expected at least one victim pod on node ${JSON.stringify(nodeName)}`)
    })
  }

  async bind({ metadata }: Pod, nodeName: string): Promise<void> {
    const { name, namespace, uid } = metadata
    const body = { PodName: name, PodNamespace: namespace, PodUID: uid, Node: nodeName }
    const { Error: error } = (await this.#call(this.#config.bindVerb, body)) as { Error?: string }
    if (error) throw new Error(error)
  }

  #nodeArgs(pod: Pod, nodes: readonly NodeState[]): object {
    if (this.#config.nodeCacheCapable) return { Pod: pod, Nodes: null, NodeNames: nodes.map(({ name }) => name) }
    return { Pod: pod, Nodes: { metadata: {}, items: nodes.map(({ node }) => node) }, NodeNames: null }
  }

  #podOn(node: NodeState | undefined, uid: string, nodeName: string): Pod {
    for (const { pod } of node?.pods.values() ?? []) if (pod.metadata.uid === uid) return pod
    throw new Error(
      `extender: ${this.name} claims to preempt pod (UID: &{${uid}}) on node: ${nodeName}, but the pod is not found on that node`,
    )
  }
}

export interface ExtenderFilter {
  readonly fitting: readonly NodeState[]
  readonly refused: ReadonlyMap<string, Rejection>
}

/** Extenders score from 0 to 10, plugins from 0 to 100. */
const PRIORITY_TO_SCORE = 10

/** As Go writes them, and as Go's JSON reads them: members may be absent or null. */
interface FilterResult {
  readonly Nodes?: { readonly items?: readonly { readonly metadata?: { readonly name?: string } }[] } | null
  readonly NodeNames?: readonly string[] | null
  readonly FailedNodes?: Readonly<Record<string, string>> | null
  readonly FailedAndUnresolvableNodes?: Readonly<Record<string, string>> | null
  readonly Error?: string
}
interface PreemptionResult {
  readonly NodeNameToMetaVictims?: Readonly<
    Record<string, { readonly Pods?: readonly { readonly UID?: string }[]; readonly NumPDBViolations?: number } | null>
  > | null
}
