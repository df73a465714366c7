import { CustomResourceDefinition } from "../api/apiextensions/v1/custom-resource-definition.ts"
import { APIService } from "../api/apiregistration/v1/api-service.ts"
import { DiscoveredResources } from "../client/discovered-resources.ts"
import type { Change, Key } from "../client/informer.ts"
import type { AnyResource, KubeObject } from "../machinery/schema/resource.ts"
import type { ControllerContext } from "./define-controller.ts"

export interface OtherKindsOptions {
  /** The keys that a change of an object concerns. */
  readonly follow: (resource: AnyResource, change: Change<KubeObject>) => readonly Key[]
  readonly isWanted: (resource: AnyResource) => boolean
}

/** Changes that come close together are looked at once. */
const SETTLE_MS = 20
/** Groups that could not be asked are asked again, as Kubernetes does. */
const RETRY_MS = 30_000

/** What tells that other kinds came or went: to be read by controllers that follow them. */
export const KIND_SOURCES: readonly AnyResource[] = [CustomResourceDefinition, APIService]

/** Kinds that come and go while a controller runs: custom resources, and those of other servers. */
export class OtherKinds {
  readonly #context: ControllerContext
  readonly #discovered: DiscoveredResources
  readonly #options: OtherKindsOptions
  readonly #stops = new Map<AnyResource, () => void>()
  #isDue = false

  constructor(context: ControllerContext, known: readonly AnyResource[], options: OtherKindsOptions) {
    this.#context = context
    this.#options = options
    this.#discovered = new DiscoveredResources(context.client, known)
    for (const source of KIND_SOURCES) {
      // Servers without them, as in tests, have no other kinds.
      if (!known.includes(source)) continue
      context.enqueueOn(source, () => {
        this.#look(SETTLE_MS)
        return []
      })
    }
  }

  get resources(): readonly AnyResource[] {
    return [...this.#stops.keys()]
  }

  #look(afterMs: number): void {
    if (this.#isDue) return
    this.#isDue = true
    this.#context.platform.clock.after(afterMs, () => {
      this.#isDue = false
      this.#renew().catch((error: unknown) => {
        this.#context.platform.log.warn("what is served could not be found out", { error })
        this.#look(RETRY_MS)
      })
    })
  }

  async #renew(): Promise<void> {
    const { resources, failures } = await this.#discovered.read()
    const wanted = new Set(resources.filter(this.#options.isWanted))
    for (const [resource, stop] of this.#stops) {
      if (wanted.has(resource)) continue
      stop()
      this.#stops.delete(resource)
    }
    for (const resource of wanted) {
      if (this.#stops.has(resource)) continue
      this.#stops.set(
        resource,
        this.#context.follow(resource, (change) => this.#options.follow(resource, change)),
      )
    }
    if (failures.length > 0) this.#look(RETRY_MS)
  }
}
