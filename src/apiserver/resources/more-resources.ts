import { parseJson, STORED_DEPTH_MAX } from "../../machinery/json/parse.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import type { ServedResources } from "../served/served-resources.ts"
import { CachedObject, isStoredAs } from "../watch-cache/cached-object.ts"
import type { ObjectMaker } from "../watch-cache/feed.ts"
import { deleteAll } from "./delete-all.ts"
import type { Backend } from "./scope.ts"
import type { Converter, VersionForm } from "./versions.ts"

/** A resource that comes while the server runs. */
export interface VersionedResource {
  /** Every version that objects may be stored in. */
  readonly versions: readonly AnyResource[]
  /** Those of them that clients can use. */
  readonly served: readonly AnyResource[]
  /** The one in which objects are stored from now on. */
  readonly storage: AnyResource
  readonly converter: Converter
}

/** Resources that come, change and go while the server runs. Each belongs to an owner, such as its definition. */
export class MoreResources {
  readonly #served: ServedResources
  readonly #backend: Backend
  readonly #forms: Map<AnyResource, VersionForm>
  readonly #byOwner = new Map<string, VersionedResource>()

  constructor(served: ServedResources, backend: Backend, forms: Map<AnyResource, VersionForm>) {
    this.#served = served
    this.#backend = backend
    this.#forms = forms
  }

  /**
   * Serves a resource instead of the one that its owner had. Watches of that one end. Resolves when it can be used. Not
   * to be called for an owner while an earlier call for it runs.
   */
  async set(owner: string, resource: VersionedResource): Promise<void> {
    const { versions, served, storage, converter } = resource
    const before = this.#byOwner.get(owner)
    this.#byOwner.set(owner, resource)
    if (versions.length > 1) for (const version of versions) this.#forms.set(version, { storage, converter })
    await this.#backend.feed.add(storage, makerOf(versions, storage))
    this.#served.set(owner, served)
    for (const version of before?.versions ?? []) this.#forms.delete(version)
  }

  /** Whether objects of such a resource would stand where those of a built-in one do. */
  isBuiltin(group: string, plural: string): boolean {
    return this.#served.builtin.some((one) => one.group === group && one.plural === plural)
  }

  /** Begins to delete every object of the owner's resource. Returns how many are still there. Throws `StatusError`. */
  async deleteObjects(owner: string): Promise<number> {
    const own = this.#byOwner.get(owner)
    return own === undefined ? 0 : deleteAll(this.#backend, own.storage)
  }

  /** Serves what the owner had no longer. What is stored of it stays. */
  delete(owner: string): void {
    const before = this.#byOwner.get(owner)
    if (before === undefined) return
    this.#byOwner.delete(owner)
    this.#served.set(owner, [])
    this.#backend.feed.remove(before.storage)
    for (const version of before.versions) this.#forms.delete(version)
  }
}

/** Tells in which version an object was stored. Objects of a version that is no more are read as the present one. */
function makerOf(versions: readonly AnyResource[], storage: AnyResource): ObjectMaker {
  const likely = [storage, ...versions.filter((version) => version !== storage)]
  return (key, revision, json) => {
    const found = likely.find((version) => isStoredAs(version, json)) ?? versionIn(json, versions) ?? storage
    return new CachedObject(found, key, revision, json)
  }
}

function versionIn(json: Uint8Array, versions: readonly AnyResource[]): AnyResource | undefined {
  const { apiVersion } = parseJson(json, STORED_DEPTH_MAX).value as { readonly apiVersion?: unknown }
  return versions.find((version) => version.apiVersion === apiVersion)
}
