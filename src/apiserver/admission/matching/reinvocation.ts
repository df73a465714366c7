import { deepEqual } from "../../../machinery/patch/structure.ts"
import { type DraftObject, toDraft } from "../../resources/draft.ts"
import type { AdmissionRequest, MutationRound } from "../plugin.ts"

/** Which of several mutations of one request run again in the second round: those that asked for it, after a change. */
export class Reinvocation {
  /** What ran before something changed the object. */
  readonly #again = new Set<string>()
  /** What ran since the last change, and would want to see another. */
  readonly #ran = new Set<string>()
  /** The object as these mutations left it. */
  #left: DraftObject | undefined

  /** Before the first mutation of a round. */
  begin(round: MutationRound, object: DraftObject | undefined): void {
    // Others of this server have changed it since.
    if (round.isSecond && this.#ran.size > 0 && !deepEqual(this.#left, object)) this.changed()
  }

  isDue(round: MutationRound, id: string): boolean {
    return !round.isSecond || this.#again.has(id)
  }

  changed(): void {
    for (const id of this.#ran) this.#again.add(id)
    this.#ran.clear()
  }

  /** It ran, and wants to run again after changes by others. */
  ran(id: string): void {
    this.#ran.add(id)
  }

  /** After the last mutation of a round. */
  end(object: DraftObject | undefined): void {
    this.#left = this.#ran.size > 0 && object !== undefined ? toDraft(object) : undefined
  }
}

export function reinvocations(): (request: AdmissionRequest) => Reinvocation {
  const known = new WeakMap<AdmissionRequest, Reinvocation>()
  return (request) => {
    let one = known.get(request)
    if (one === undefined) known.set(request, (one = new Reinvocation()))
    return one
  }
}
