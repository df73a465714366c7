import type { Client, ResourceClient } from "../client/client.ts"
import { type Informer, keyOf } from "../client/informer.ts"
import type { AnyResource, KubeObject } from "../machinery/schema/resource.ts"

/**
 * A client whose writes resolve only once the informer of that kind has seen them. A control loop that uses it never
 * decides on a copy that lacks its own last action, so no loop has to sleep or to remember what it expects.
 */
export function seeOwnWrites(
  client: Client,
  informerOf: (resource: AnyResource) => Informer<KubeObject> | undefined,
): Client {
  const of = (resource: AnyResource): ResourceClient<unknown, unknown> => {
    const plain = client.of(resource)
    const informer = informerOf(resource)
    return informer === undefined ? plain : waiting(plain, informer)
  }
  return { of: of as Client["of"], raw: client.raw }
}

function waiting(
  plain: ResourceClient<unknown, unknown>,
  informer: Informer<KubeObject>,
): ResourceClient<unknown, unknown> {
  const seen = async (written: Promise<unknown>): Promise<unknown> => {
    const object = (await written) as KubeObject
    await informer.reached(object.metadata.resourceVersion)
    return object
  }
  return {
    ...plain,
    create: (manifest, options) => seen(plain.create(manifest, options)),
    update: (object, options) => seen(plain.update(object, options)),
    updateStatus: (object, options) => seen(plain.updateStatus(object, options)),
    patch: (key, body, options) => seen(plain.patch(key, body, options)),
    delete: async (key, options) => {
      const cacheKey = keyOf({ metadata: key })
      const before = informer.get(cacheKey)
      await plain.delete(key, options)
      await informer.until(() => {
        const now = informer.get(cacheKey)
        const same = now !== undefined && now.metadata.uid === before?.metadata.uid
        return !same || now.metadata.deletionTimestamp !== undefined
      }, cacheKey)
    },
  }
}
