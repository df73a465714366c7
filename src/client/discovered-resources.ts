import type { APIGroupList, APIResourceList } from "../machinery/meta/discovery.ts"
import { type AnyResource, defineResource, type Verb } from "../machinery/schema/resource.ts"
import { isNotFound } from "../machinery/status/predicates.ts"
import type { Client } from "./client.ts"

/** What a server serves besides the kinds that this program knows: custom resources, and those of other servers. */
export class DiscoveredResources {
  readonly #client: Client
  /** Group versions that need not be asked about. */
  readonly #known: ReadonlySet<string>
  /** A resource stays the same value while discovery says the same of it. */
  readonly #described = new Map<string, AnyResource>()

  constructor(client: Client, known: readonly AnyResource[]) {
    this.#client = client
    this.#known = new Set(known.map(({ apiVersion }) => apiVersion))
  }

  /** Each resource in the version that its group prefers. Failures read as in Kubernetes' clients. */
  async read(): Promise<Discovered> {
    const groups = await this.#groups()
    const found = await Promise.all(
      groups.map(async ({ versions }) => {
        const unknown = versions.filter(({ groupVersion }) => !this.#known.has(groupVersion))
        return Promise.all(unknown.map(({ groupVersion }) => this.#readVersion(groupVersion)))
      }),
    )
    const resources = found.flatMap((versions) => {
      const byPlural = new Map<string, AnyResource>()
      for (const resource of versions.flatMap((version) => version.resources)) {
        if (!byPlural.has(resource.plural)) byPlural.set(resource.plural, resource)
      }
      return [...byPlural.values()]
    })
    return { resources, failures: found.flat().flatMap(({ failure }) => failure ?? []) }
  }

  async #groups(): Promise<APIGroupList["groups"]> {
    try {
      return ((await this.#client.raw.get("/apis")) as APIGroupList).groups
    } catch (error) {
      // A server without discovery, as in tests, serves nothing else.
      if (isNotFound(error)) return []
      throw error
    }
  }

  async #readVersion(groupVersion: string): Promise<FoundVersion> {
    try {
      const list = (await this.#client.raw.get(`/apis/${groupVersion}`)) as APIResourceList
      const resources = list.resources.filter(({ name }) => !name.includes("/"))
      return { resources: resources.map((resource) => this.#describe(groupVersion, resource)) }
    } catch (error) {
      // It went away while it was asked.
      if (isNotFound(error)) return { resources: [] }
      // Why its server does not answer is told by the APIService, to those who may read it.
      return { resources: [], failure: `${groupVersion}: stale GroupVersion discovery: ${groupVersion}` }
    }
  }

  #describe(
    groupVersion: string,
    { name, kind, namespaced, verbs }: APIResourceList["resources"][number],
  ): AnyResource {
    const key = JSON.stringify([groupVersion, name, kind, namespaced, verbs])
    return this.#described.getOrInsertComputed(key, () => {
      const [group = "", version = ""] = groupVersion.split("/")
      return defineResource({
        group,
        version,
        kind,
        plural: name,
        namespaced,
        doc: "",
        definition: `${groupVersion}/${kind}`,
        fields: {},
        verbs: verbs as readonly Verb[],
      })
    })
  }
}

export interface Discovered {
  readonly resources: readonly AnyResource[]
  /** `group/version: what went wrong`. */
  readonly failures: readonly string[]
}
interface FoundVersion {
  readonly resources: readonly AnyResource[]
  readonly failure?: string
}
