import type { APIService } from "../../api/apiregistration/v1/api-service.ts"
import type { Clock } from "../../platform/clock.ts"
import type { CallHandler } from "../call.ts"
import type { ServedResources } from "../served/served-resources.ts"
import { isAvailable } from "./availability.ts"
import { ExtensionServer, type ExtensionServerOptions } from "./extension-server.ts"
import { createProxy } from "./proxy.ts"
import type { DiscoveredResource } from "./read-discovery.ts"
import type { RemoteDiscovery } from "./remote-discovery.ts"
import { NO_OPENAPI, type RemoteOpenApi, readOpenApi } from "./remote-openapi.ts"

export interface RemoteOptions extends ExtensionServerOptions {
  readonly served: ServedResources
  readonly discovery: RemoteDiscovery
}

/** A group and version that another server answers for, as long as its APIService says so. */
export class Remote {
  readonly #options: RemoteOptions
  readonly #groupVersion: string
  readonly #handle: CallHandler
  #service: APIService
  #server: ExtensionServer
  #changedMs: number
  #resources: readonly DiscoveredResource[] = []
  #freshness: "Current" | "Stale" = "Stale"
  #openApi: RemoteOpenApi = NO_OPENAPI
  #ended = false

  constructor(service: APIService, options: RemoteOptions) {
    const { group = "", version = "" } = service.spec
    this.#options = options
    this.#service = service
    this.#groupVersion = group === "" ? version : `${group}/${version}`
    this.#server = new ExtensionServer(service.spec, options)
    this.#changedMs = options.clock.monotonicMs()
    this.#handle = createProxy({
      server: () => this.#server,
      isAvailable: () => isAvailable(this.#service),
      clock: options.clock,
    })
    this.#publish()
  }

  get server(): ExtensionServer {
    return this.#server
  }

  change(service: APIService): void {
    const { spec: before } = this.#service
    const { spec } = service
    this.#service = service
    this.#changedMs = this.#options.clock.monotonicMs()
    if (!this.#server.serves(spec)) {
      this.#server.close()
      this.#server = new ExtensionServer(spec, this.#options)
    }
    const isMoved =
      before.groupPriorityMinimum !== spec.groupPriorityMinimum || before.versionPriority !== spec.versionPriority
    if (isMoved) this.#publish()
  }

  end(): void {
    this.#ended = true
    this.#server.close()
    this.#options.served.setForeign(this.#groupVersion, undefined)
  }

  /** Asks the server for its resources and their form. Throws when it should answer and does not; what was known remains. */
  async refresh(clock: Clock): Promise<void> {
    const { discovery } = this.#options
    const server = this.#server
    const available = isAvailable(this.#service)
    const question = { server, isAvailable: available, groupVersion: this.#groupVersion, sinceMs: this.#changedMs }
    const { resources, problem } = await discovery.resourcesOf(question)
    const freshness = problem === undefined ? "Current" : "Stale"
    const isSame = freshness === this.#freshness && JSON.stringify(resources) === JSON.stringify(this.#resources)
    this.#resources = resources
    this.#freshness = freshness
    if (!isSame) this.#publish()
    // When it can be used again its APIService says so, and then this is tried again.
    if (!available) return
    if (problem !== undefined) throw problem
    // Next time it is asked anew.
    this.#changedMs = clock.monotonicMs()
    const openApi = await readOpenApi(server, this.#groupVersion, this.#openApi, clock)
    if (openApi === this.#openApi) return
    this.#openApi = openApi
    this.#publish()
  }

  #publish(): void {
    // An answer may come late.
    if (this.#ended) return
    const { groupPriorityMinimum: group, versionPriority: version } = this.#service.spec
    const { v3, v2 } = this.#openApi
    const handle = this.#handle
    this.#options.served.setForeign(this.#groupVersion, {
      priority: { group, version },
      handle,
      discovery: this.#resources,
      freshness: this.#freshness,
      openapiV3: new Map([...v3].map(([path, hash]) => [path, { hash, handle }])),
      ...(v2 && { openapiV2: v2.part }),
    })
  }
}
