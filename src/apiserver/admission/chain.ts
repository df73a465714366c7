import type { AdmissionPlugin, AdmissionRequest, MutationRound } from "./plugin.ts"

/** Runs plugins in order. A plugin that is not asynchronous costs no turn of the event loop. */
export class AdmissionChain {
  readonly #mutating: readonly AdmissionPlugin[]
  readonly #validating: readonly AdmissionPlugin[]

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#mutating = plugins.filter((plugin) => plugin.mutate !== undefined)
    this.#validating = plugins.filter((plugin) => plugin.validate !== undefined)
  }

  async mutate(request: AdmissionRequest): Promise<void> {
    const round: MutationRound = { isSecond: false, secondNeeded: false }
    await this.#mutateOnce(request, round)
    if (round.secondNeeded) await this.#mutateOnce(request, { isSecond: true, secondNeeded: false })
  }

  async #mutateOnce(request: AdmissionRequest, round: MutationRound): Promise<void> {
    for (const plugin of this.#mutating) {
      const running = plugin.mutate?.(request, round)
      if (running !== undefined) await running
    }
  }

  async validate(request: AdmissionRequest): Promise<void> {
    for (const plugin of this.#validating) {
      const running = plugin.validate?.(request)
      if (running !== undefined) await running
    }
  }
}
