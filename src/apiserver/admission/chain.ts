import type { AnyResource } from "../../machinery/schema/resource.ts"
import { type AdmissionPlugin, type AdmissionRequest, isSameResource, type MutationRound } from "./plugin.ts"

type Mutate = NonNullable<AdmissionPlugin["mutate"]>
type Validate = NonNullable<AdmissionPlugin["validate"]>

/** What is asked about one resource, in order. */
interface Concerned {
  readonly mutating: readonly Mutate[]
  readonly validating: readonly Validate[]
}

/**
 * Runs plugins in order. One that has nothing to do with a resource costs its requests nothing, and one that does not
 * wait costs no turn of the event loop.
 */
export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[]
  // Resources come and go with their definitions.
  readonly #concerned = new WeakMap<AnyResource, Concerned>()

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins
  }

  async mutate(request: AdmissionRequest): Promise<void> {
    const { mutating } = this.#concernedBy(request.resource)
    const round: MutationRound = { isSecond: false, secondNeeded: false }
    for (const mutate of mutating) {
      const running = mutate(request, round)
      if (running !== undefined) await running
    }
    if (!round.secondNeeded) return
    const second: MutationRound = { isSecond: true, secondNeeded: false }
    for (const mutate of mutating) {
      const running = mutate(request, second)
      if (running !== undefined) await running
    }
  }

  async validate(request: AdmissionRequest): Promise<void> {
    for (const validate of this.#concernedBy(request.resource).validating) {
      const running = validate(request)
      if (running !== undefined) await running
    }
  }

  #concernedBy(resource: AnyResource): Concerned {
    let concerned = this.#concerned.get(resource)
    if (concerned === undefined) {
      const plugins = this.#plugins.filter(
        ({ resources }) => resources?.some((each) => isSameResource(each, resource)) ?? true,
      )
      concerned = {
        mutating: plugins.flatMap((plugin) => plugin.mutate?.bind(plugin) ?? []),
        validating: plugins.flatMap((plugin) => plugin.validate?.bind(plugin) ?? []),
      }
      this.#concerned.set(resource, concerned)
    }
    return concerned
  }
}
