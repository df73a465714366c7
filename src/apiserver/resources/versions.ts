import { decodeValue } from "../../machinery/decode/decode.ts"
import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import { CachedObject, toStoredBytes } from "../watch-cache/cached-object.ts"
import type { Scope } from "./scope.ts"

/**
 * Resources of several versions. Objects are stored in one of them; whoever asks for another one is served a conversion,
 * and what he sends is converted before it is stored. Conversions are kept beside the object that they were made from.
 */

/** Changes objects of one resource from the version they are in to another. */
export interface Converter {
  /** In the same order. The objects stay as they are. Throws `StatusError`. */
  convert(objects: readonly KubeObject[], to: AnyResource): readonly KubeObject[] | Promise<readonly KubeObject[]>
}

/** How a version of a resource that has several relates to the stored one. */
export interface VersionForm {
  /** The version in which new objects are stored. */
  readonly storage: AnyResource
  readonly converter: Converter
}

export function storageOf({ backend, resource }: Scope): AnyResource {
  return backend.formOf(resource)?.storage ?? resource
}

const conversions = new WeakMap<CachedObject, Map<AnyResource, CachedObject>>()

/** Stored objects in the version that a call is about, in the same order. Throws `StatusError`. */
export async function inVersion(
  { backend, resource }: Scope,
  stored: readonly CachedObject[],
): Promise<readonly CachedObject[]> {
  const form = backend.formOf(resource)
  if (form === undefined) return stored
  const missing = stored.filter((one) => one.resource !== resource && !conversions.get(one)?.has(resource))
  if (missing.length > 0) {
    const objects = await form.converter.convert(
      missing.map(({ object }) => object),
      resource,
    )
    for (const [index, from] of missing.entries()) {
      const made = convertedObject(resource, from, objects[index] as KubeObject)
      conversions.getOrInsertComputed(from, () => new Map()).set(resource, made)
    }
  }
  return stored.map((one) => conversions.get(one)?.get(resource) ?? one)
}

/** The same for one object, or for none. */
export async function oneInVersion(scope: Scope, stored: CachedObject | undefined): Promise<CachedObject | undefined> {
  return stored === undefined ? undefined : (await inVersion(scope, [stored]))[0]
}

function convertedObject(resource: AnyResource, { key, revision }: CachedObject, converted: KubeObject): CachedObject {
  // Of what a converter returned, only what the version knows is served.
  const object = decodeValue(resource.struct, converted) as KubeObject
  return new CachedObject(resource, key, revision, toStoredBytes(resource, object), object)
}

/** An object as it is to be stored. Throws `StatusError`. */
export async function toStorage({ backend, resource }: Scope, object: KubeObject): Promise<KubeObject> {
  const form = backend.formOf(resource)
  if (form === undefined || form.storage === resource) return object
  const [converted] = await form.converter.convert([object], form.storage)
  return decodeValue(form.storage.struct, converted) as KubeObject
}
