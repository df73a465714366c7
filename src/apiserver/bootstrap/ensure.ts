import type { Client } from "../../client/client.ts"
import type { AnyResource, KubeObject, ManifestOf, ObjectOf } from "../../machinery/schema/resource.ts"
import { isAlreadyExists, isConflict, isNotFound } from "../../machinery/status/predicates.ts"

const TRIES_MAX = 5

export interface EnsureOptions<R extends AnyResource> {
  /**
   * What the object should be instead, given what is there; undefined when it is right. Absent: whatever is there is
   * right, so that people's changes stay.
   */
  readonly correct?: (found: ObjectOf<R>) => ManifestOf<R> | undefined
}

/** Creates an object that must exist, and corrects one that is wrong. May be repeated, also by several servers at once. */
export async function ensureObject<R extends AnyResource>(
  client: Client,
  resource: R,
  manifest: ManifestOf<R>,
  { correct }: EnsureOptions<R> = {},
): Promise<void> {
  const { metadata } = manifest as { readonly metadata: { readonly name: string; readonly namespace?: string } }
  const { name, namespace } = metadata
  const key = { name, ...(namespace !== undefined && { namespace }) }
  const objects = client.of(resource)
  for (let attempt = 1; ; attempt++) {
    try {
      const found = await read(objects.get(key))
      if (found === undefined) {
        await objects.create(manifest)
        return
      }
      const wanted = correct?.(found)
      if (wanted !== undefined)
        await objects.update(withVersion(wanted as object, found as KubeObject) as ManifestOf<R>)
      return
    } catch (error) {
      if (attempt >= TRIES_MAX || !(isAlreadyExists(error) || isConflict(error))) throw error
    }
  }
}

async function read<T>(running: Promise<T>): Promise<T | undefined> {
  try {
    return await running
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** Only what was looked at is corrected. */
function withVersion(wanted: object, { metadata }: KubeObject): object {
  const own = (wanted as { readonly metadata?: object }).metadata
  return { ...wanted, metadata: { ...own, resourceVersion: metadata.resourceVersion } }
}
