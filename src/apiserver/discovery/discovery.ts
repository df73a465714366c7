import { pathNotFound } from "../../machinery/status/errors.ts"
import type { ApiCall, ApiResult, CallHandler } from "../call.ts"
import { type PathHandlers, text } from "../request/router.ts"
import { notAllowed } from "../resources/scope.ts"
import { type ServedGroup, servedGroups } from "../served/groups.ts"
import type { ServedGroupVersion, ServedResources } from "../served/served-resources.ts"
import { type AggregatedVersion, aggregatedType, groupDiscoveryList, wantedAggregation } from "./aggregated.ts"
import { Document } from "./document.ts"
import { apiResources } from "./resource-list.ts"

/** What the server serves, for clients that find out before they ask: `/api` and `/apis` with all below. */

export interface DiscoveryOptions {
  readonly served: ServedResources
  /** Where clients reach the server: `host:port`. */
  readonly serverAddress: () => string
}

/** Handlers for the paths of discovery. */
export function createDiscovery(options: DiscoveryOptions): PathHandlers {
  let current: Documents | undefined
  const documents = (): Documents => {
    const { all } = options.served
    if (current?.all !== all) current = new Documents(all, options.serverAddress)
    return current
  }
  const legacy = onlyGet((call) => {
    const wanted = wantedAggregation(acceptOf(call))
    const all = documents()
    return wanted === undefined ? all.value("/api", all.versions) : all.aggregated("/api", wanted, call)
  })
  const groups: CallHandler = async (call) => {
    const wanted = wantedAggregation(acceptOf(call))
    const all = documents()
    return wanted === undefined ? all.value("/apis", all.groups) : all.aggregated("/apis", wanted, call)
  }
  const below = onlyGet((call) => documents().below(call.info.path))
  const group: CallHandler = async (call) => documents().below(call.info.path)
  return new Map<string, CallHandler>([
    ["/api", legacy],
    ["/api/", (call) => (call.info.path === "/api/" ? legacy(call) : below(call))],
    ["/apis", groups],
    [
      "/apis/",
      (call) => {
        const { path } = call.info
        if (path === "/apis/") return groups(call)
        return /^\/apis\/[^/]+\/?$/.test(path) ? group(call) : below(call)
      },
    ],
  ])
}

const acceptOf = (call: ApiCall): string | undefined => call.connection?.exchange.headers.accept

/** As in Kubernetes, these documents do not even answer HEAD. Throws a 405. */
export function onlyGet(handler: (call: ApiCall) => ApiResult | Promise<ApiResult>): CallHandler {
  return async (call) => (call.info.verb === "get" ? handler(call) : notAllowed())
}

/** Everything about what is served at one time. */
class Documents {
  readonly all: readonly ServedGroupVersion[]
  readonly #serverAddress: () => string
  readonly #core: readonly ServedGroup[]
  readonly #named: readonly ServedGroup[]
  readonly #values = new Map<string, unknown>()
  readonly #aggregated = new Map<string, Document>()

  constructor(all: readonly ServedGroupVersion[], serverAddress: () => string) {
    this.all = all
    this.#serverAddress = serverAddress
    const groups = servedGroups(all)
    this.#core = groups.filter(({ name }) => name === "")
    this.#named = groups.filter(({ name }) => name !== "")
  }

  /** `/api` */
  readonly versions = () => ({
    kind: "APIVersions",
    versions: this.#core.flatMap(({ versions }) => versions.map(({ version }) => version)),
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: this.#serverAddress() }],
  })

  /** `/apis` */
  readonly groups = () => ({ kind: "APIGroupList", apiVersion: "v1", groups: this.#named.map(apiGroup) })

  value(path: string, make: () => unknown): ApiResult {
    let value = this.#values.get(path)
    if (value === undefined) this.#values.set(path, (value = make()))
    return { type: "value", code: 200, value }
  }

  aggregated(path: "/api" | "/apis", version: AggregatedVersion, call: ApiCall): Promise<ApiResult> {
    const document = this.#aggregated.getOrInsertComputed(`${path} ${version}`, () => {
      const groups = path === "/api" ? this.#core : this.#named
      return new Document(() => groupDiscoveryList(groups, version), aggregatedType(version))
    })
    return document.answer(call, { "cache-control": "public", vary: "Accept" })
  }

  /** `/api/VERSION`, `/apis/GROUP` and `/apis/GROUP/VERSION`. */
  below(path: string): ApiResult {
    const [, root, ...rest] = path.replace(/\/$/, "").split("/")
    const [name = "", version] = root === "api" ? ["", ...rest] : rest
    const group = (root === "api" ? this.#core : this.#named).find((one) => one.name === name)
    if (group === undefined || rest.length > 2) return text(404, "404 page not found\n")
    if (version === undefined) {
      return this.value(path, () => ({ kind: "APIGroup", apiVersion: "v1", ...apiGroup(group) }))
    }
    const found = group.versions.find((one) => one.version === version)
    if (found === undefined) throw pathNotFound()
    return { type: "value", code: 200, value: resourceList(found) }
  }
}

function apiGroup({ name, versions }: ServedGroup) {
  const all = versions.map(({ groupVersion, version }) => ({ groupVersion, version }))
  return { name, versions: all, preferredVersion: all[0] }
}

// Kept beside what it derives from, so that only what has changed is made again.
const resourceLists = new WeakMap<ServedGroupVersion, unknown>()

function resourceList(served: ServedGroupVersion): unknown {
  let list = resourceLists.get(served)
  if (list === undefined) {
    const { group, groupVersion, resources } = served
    const head = { kind: "APIResourceList", ...(group !== "" && { apiVersion: "v1" }) }
    resourceLists.set(served, (list = { ...head, groupVersion, resources: apiResources(resources) }))
  }
  return list
}
