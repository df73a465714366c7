import type { AnyResource } from "../../machinery/schema/resource.ts"
import type { CallHandler, RequestInfo } from "../call.ts"
import type { SwaggerPart } from "../openapi/merge.ts"
import { type Priority, priorityOf } from "./priority.ts"

/** One version of one group. A change makes a new value, so whatever derives from one can be kept beside it. */
export interface ServedGroupVersion {
  readonly group: string
  readonly version: string
  /** `apps/v1`, or `v1`. */
  readonly groupVersion: string
  readonly priority: Priority
  /** What this server answers for. Empty when another server answers. */
  readonly resources: readonly AnyResource[]
  readonly foreign?: ForeignGroupVersion
}

/** A group and version that another server answers for. */
export interface ForeignGroupVersion {
  readonly priority: Priority
  /** `/apis/GROUP/VERSION` and everything below. */
  readonly handle: CallHandler
  /** Its resources as aggregated discovery (version v2) lists them. Empty while they are not known. */
  readonly discovery: readonly object[]
  /** Stale: the other server could not be asked. */
  readonly freshness: "Current" | "Stale"
  /** By path below `/openapi/v3/`. */
  readonly openapiV3?: ReadonlyMap<string, ForeignDocument>
  /** To be added to the document of version 2. */
  readonly openapiV2?: SwaggerPart
}
export interface ForeignDocument {
  /** Changes with the document. */
  readonly hash: string
  readonly handle: CallHandler
}

/** Told which groups and versions are new, gone or changed, as `apps/v1` or `v1`. */
export type ServedListener = (groupVersions: readonly string[]) => void

/**
 * What the server serves. Routing, discovery and OpenAPI read from it; it changes while the server runs. Contributions
 * belong to owners, such as one custom resource definition, and are replaced as a whole.
 */
export class ServedResources {
  /** What is served from the beginning to the end. */
  readonly builtin: readonly AnyResource[]
  readonly #byOwner = new Map<string, readonly AnyResource[]>()
  readonly #foreign = new Map<string, ForeignGroupVersion>()
  readonly #groupVersions = new Map<string, ServedGroupVersion>()
  /** By `group/version/plural`. */
  readonly #byPath = new Map<string, AnyResource>()
  readonly #ownersOf = new Map<string, Set<string>>()
  readonly #listeners = new Set<ServedListener>()
  #all: readonly ServedGroupVersion[] | undefined

  constructor(builtin: readonly AnyResource[]) {
    this.builtin = builtin
    this.set("", builtin)
  }

  /** The same array as long as nothing changes. In no particular order. */
  get all(): readonly ServedGroupVersion[] {
    return (this.#all ??= [...this.#groupVersions.values()])
  }

  /** Every resource that this server answers for. */
  get resources(): readonly AnyResource[] {
    return this.all.flatMap(({ resources }) => resources)
  }

  /** Who answers a request, when another server does: for a group and version, and everything below. */
  foreignHandler({ isResource, path, group, version }: RequestInfo): CallHandler | undefined {
    if (this.#foreign.size === 0) return undefined
    if (isResource) return this.#foreign.get(group === "" ? version : `${group}/${version}`)?.handle
    const [, root, first = "", second = ""] = path.split("/")
    if (root === "api") return this.#foreign.get(first)?.handle
    return root === "apis" ? this.#foreign.get(`${first}/${second}`)?.handle : undefined
  }

  get(groupVersion: string): ServedGroupVersion | undefined {
    return this.#groupVersions.get(groupVersion)
  }

  find(group: string, version: string, plural: string): AnyResource | undefined {
    return this.#byPath.get(`${group}/${version}/${plural}`)
  }

  /** Replaces what an owner contributes; nothing when empty. Of two resources at one path the older is served. */
  set(owner: string, resources: readonly AnyResource[]): void {
    const before = this.#byOwner.get(owner) ?? []
    if (resources.length > 0) this.#byOwner.set(owner, resources)
    else this.#byOwner.delete(owner)
    for (const { apiVersion } of before) this.#ownersOf.get(apiVersion)?.delete(owner)
    for (const { apiVersion } of resources) this.#ownersOf.getOrInsertComputed(apiVersion, () => new Set()).add(owner)
    this.#renew(new Set([...before, ...resources].map(({ apiVersion }) => apiVersion)))
  }

  /** Says that another server answers for a group and version, or no longer. This server's own resources then rest. */
  setForeign(groupVersion: string, foreign: ForeignGroupVersion | undefined): void {
    if (foreign === undefined) this.#foreign.delete(groupVersion)
    else this.#foreign.set(groupVersion, foreign)
    this.#renew(new Set([groupVersion]))
  }

  /** Returns a function that ends it. */
  onChange(listener: ServedListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #renew(groupVersions: ReadonlySet<string>): void {
    for (const groupVersion of groupVersions) {
      for (const { group, version, plural } of this.#groupVersions.get(groupVersion)?.resources ?? []) {
        this.#byPath.delete(`${group}/${version}/${plural}`)
      }
      const served = this.#make(groupVersion)
      if (served === undefined) this.#groupVersions.delete(groupVersion)
      else this.#groupVersions.set(groupVersion, served)
      for (const resource of served?.resources ?? []) {
        this.#byPath.set(`${resource.group}/${resource.version}/${resource.plural}`, resource)
      }
    }
    this.#all = undefined
    for (const listener of this.#listeners) listener([...groupVersions])
  }

  #make(groupVersion: string): ServedGroupVersion | undefined {
    const slash = groupVersion.indexOf("/")
    const group = groupVersion.slice(0, Math.max(0, slash))
    const version = groupVersion.slice(slash + 1)
    const foreign = this.#foreign.get(groupVersion)
    if (foreign !== undefined) {
      return { group, version, groupVersion, priority: foreign.priority, resources: [], foreign }
    }
    const resources = this.#ownResources(groupVersion)
    if (resources.length === 0) return undefined
    return { group, version, groupVersion, priority: priorityOf(group, version), resources }
  }

  #ownResources(groupVersion: string): readonly AnyResource[] {
    const byPlural = new Map<string, AnyResource>()
    for (const owner of this.#ownersOf.get(groupVersion) ?? []) {
      for (const resource of this.#byOwner.get(owner) ?? []) {
        if (resource.apiVersion !== groupVersion || byPlural.has(resource.plural)) continue
        byPlural.set(resource.plural, resource)
      }
    }
    return [...byPlural.values()]
  }
}
