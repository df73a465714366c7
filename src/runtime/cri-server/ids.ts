import type { Container, ContainerId } from "../container.ts"
import type { PodSandbox, SandboxId } from "../sandbox.ts"
import { invalid } from "./errors.ts"

interface Listing {
  listPodSandboxes(): Promise<readonly Pick<PodSandbox, "id">[]>
  listContainers(): Promise<readonly Pick<Container, "id">[]>
}

/** People give the beginning of an id. What fits nothing is left as it is, for the runtime to say so. */
export class Ids {
  readonly #runtime: Listing

  constructor(runtime: Listing) {
    this.#runtime = runtime
  }

  async sandbox(given = ""): Promise<SandboxId> {
    return find(given as SandboxId, await this.#runtime.listPodSandboxes())
  }

  async container(given = ""): Promise<ContainerId> {
    return find(given as ContainerId, await this.#runtime.listContainers())
  }
}

function find<I extends string>(given: I, all: readonly { readonly id: I }[]): I {
  if (given === "") throw invalid("found no id, expected that of a sandbox or container")
  const fitting = all.filter(({ id }) => id.startsWith(given))
  if (fitting.length < 2) return fitting[0]?.id ?? given
  const exact = fitting.find(({ id }) => id === given)
  if (exact === undefined)
    throw invalid(`the id ${given} is the beginning of ${fitting.length} ids, expected more of it`)
  return exact.id
}
