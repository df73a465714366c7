import { decodeUtf8, parseJson } from "../../machinery/json/parse.ts"
import type { Clock } from "../../platform/clock.ts"
import type { ExtensionServer } from "./extension-server.ts"
import { type FetchedDocument, fetchDocument } from "./fetch-document.ts"
import { AGGREGATOR } from "./probe.ts"
import { type DiscoveredResource, fromAggregated, fromResourceList } from "./read-discovery.ts"

/** Asks extension servers for their resources: all at once where they can, one version at a time where they cannot. */

interface Known {
  /** By `group/version`. */
  readonly versions: ReadonlyMap<string, readonly DiscoveredResource[]>
  readonly etag: string | undefined
  /** Before the question was asked. */
  readonly atMs: number
}

export interface Discovered {
  readonly resources: readonly DiscoveredResource[]
  /** Why the resources may have changed since. */
  readonly problem?: Error
}

export interface DiscoveryQuestion {
  readonly server: ExtensionServer
  readonly isAvailable: boolean
  readonly groupVersion: string
  /** What was learnt before does not count. */
  readonly sinceMs: number
}

const TIMEOUT_MS = 5000
const LIST = "g=apidiscovery.k8s.io;as=APIGroupDiscoveryList"
const ACCEPT = `application/json;${LIST};v=v2,application/json;${LIST};v=v2beta1`

export class RemoteDiscovery {
  readonly #clock: Clock
  /** A server mostly answers for several versions. By service. */
  readonly #known = new Map<string, Known>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async resourcesOf(question: DiscoveryQuestion): Promise<Discovered> {
    const { server, groupVersion } = question
    try {
      return { resources: (await this.#ask(question)).get(groupVersion) ?? [] }
    } catch (error) {
      const resources = this.#known.get(server.serviceKey)?.versions.get(groupVersion) ?? []
      return { resources, problem: error instanceof Error ? error : new Error(String(error)) }
    }
  }

  /** Forgets the answers of services that are no longer used. */
  keep(serviceKeys: ReadonlySet<string>): void {
    for (const key of this.#known.keys()) if (!serviceKeys.has(key)) this.#known.delete(key)
  }

  async #ask({ server, isAvailable, groupVersion, sinceMs }: DiscoveryQuestion): Promise<Known["versions"]> {
    const key = server.serviceKey
    const known = this.#known.get(key)
    if (known !== undefined && known.atMs > sinceMs) return known.versions
    if (!isAvailable) throw new Error(`service ${key} is not available`)
    const atMs = this.#clock.monotonicMs()
    const etag = known?.etag
    const all = { path: "/apis", accept: ACCEPT, user: AGGREGATOR, etag, timeoutMs: TIMEOUT_MS }
    const answer = await fetchDocument(server, all, this.#clock)
    if (answer.code === 304 && known !== undefined) {
      this.#known.set(key, { ...known, atMs })
      return known.versions
    }
    if (answer.code === 503) throw new Error(`service ${key} returned non-success response code: 503`)
    if (answer.code !== 200 || !isAggregated(answer)) return this.#askOne(server, groupVersion)
    const versions = fromAggregated(parseJson(decodeUtf8(answer.body)).value)
    this.#known.set(key, { versions, etag: answer.headers.etag, atMs })
    return versions
  }

  async #askOne(server: ExtensionServer, groupVersion: string): Promise<Known["versions"]> {
    const path = groupVersion.includes("/") ? `/apis/${groupVersion}` : `/api/${groupVersion}`
    // As Kubernetes: here without special rights.
    const user = { ...AGGREGATOR, groups: [] }
    const one = { path, accept: "application/json", user, timeoutMs: TIMEOUT_MS }
    const { code, body } = await fetchDocument(server, one, this.#clock)
    if (code !== 200) throw new Error(`failed to download legacy discovery for ${path}: ${code}`)
    return new Map([[groupVersion, fromResourceList(parseJson(decodeUtf8(body)).value)]])
  }
}

function isAggregated({ headers }: FetchedDocument): boolean {
  const [type = "", ...parameters] = (headers["content-type"] ?? "").split(";").map((part) => part.trim())
  return (
    type === "application/json" &&
    parameters.includes("g=apidiscovery.k8s.io") &&
    parameters.includes("as=APIGroupDiscoveryList") &&
    (parameters.includes("v=v2") || parameters.includes("v=v2beta1"))
  )
}
