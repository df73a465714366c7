import type { Pod } from "../../api/core/v1/pod.ts"
import type { Logger } from "../../platform/log.ts"
import type { ClusterView } from "../framework.ts"
import type { NodeState } from "../node-state.ts"
import type { Candidate } from "../preemption/select-victims.ts"
import { EXTENDERS } from "../queue/hint-map.ts"
import type { Refusals } from "../verdicts.ts"
import type { Extender } from "./extender.ts"

/** All extenders of a scheduler, asked one after the other about the pods that concern them. */
export class Extenders {
  readonly #extenders: readonly Extender[]
  readonly #log: Logger

  constructor(extenders: readonly Extender[], log: Logger) {
    this.#extenders = extenders
    this.#log = log
  }

  get isEmpty(): boolean {
    return this.#extenders.length === 0
  }
  get filter(): boolean {
    return this.#extenders.some(({ filters }) => filters)
  }
  get prioritize(): boolean {
    return this.#extenders.some(({ prioritizes }) => prioritizes)
  }

  /** The nodes that all of them leave; adds what they say about the others. */
  async filtered(pod: Pod, nodes: readonly NodeState[], byNode: Refusals): Promise<readonly NodeState[]> {
    let left = nodes
    for (const extender of this.#concerned(pod, ({ filters }) => filters)) {
      if (left.length === 0) break
      const asked = left
      const answer = await this.#unlessIgnored(extender, () => extender.filter(pod, asked))
      if (answer === undefined) continue
      for (const [name, rejection] of answer.refused) byNode.set(name, { plugin: EXTENDERS, rejection })
      left = answer.fitting
    }
    return left
  }

  /** Adds their scores to those of the plugins. An extender that cannot be asked adds nothing. */
  async score(pod: Pod, nodes: readonly NodeState[], totals: number[]): Promise<void> {
    const answers = this.#concerned(pod, ({ prioritizes }) => prioritizes).map(async (extender) => {
      try {
        return await extender.prioritize(pod, nodes)
      } catch (error) {
        this.#log.debug("extender gave no scores", { extender: extender.name, error })
        return new Map<string, number>()
      }
    })
    for (const scores of await Promise.all(answers)) {
      nodes.forEach(({ name }, index) => {
        totals[index] = (totals[index] ?? 0) + (scores.get(name) ?? 0)
      })
    }
  }

  /** The candidates for preemption that all of them leave. */
  async preempted(pod: Pod, candidates: readonly Candidate[], { nodes }: ClusterView): Promise<readonly Candidate[]> {
    let left = candidates
    for (const extender of this.#concerned(pod, ({ preempts }) => preempts)) {
      if (left.length === 0) break
      const asked = left
      left = (await this.#unlessIgnored(extender, () => extender.preempt(pod, asked, nodes))) ?? left
    }
    return left
  }

  /** Whether one of them has bound the pod; false: the scheduler itself has to. */
  async bound(pod: Pod, nodeName: string): Promise<boolean> {
    for (const extender of this.#concerned(pod, ({ binds }) => binds)) {
      const done = await this.#unlessIgnored(extender, async () => {
        await extender.bind(pod, nodeName)
        return true
      })
      if (done === true) return true
    }
    return false
  }

  #concerned(pod: Pod, does: (extender: Extender) => boolean): readonly Extender[] {
    return this.#extenders.filter((extender) => does(extender) && extender.isInterested(pod))
  }

  async #unlessIgnored<T>(extender: Extender, ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask()
    } catch (error) {
      if (!extender.isIgnorable) throw error
      this.#log.info("extender is passed over", { extender: extender.name, error })
      return undefined
    }
  }
}
