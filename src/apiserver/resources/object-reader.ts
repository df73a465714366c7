import type { AnyResource, ObjectOf } from "../../machinery/schema/resource.ts"
import { FieldSelector } from "../../machinery/selectors/field-selector.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import type { CacheFeed } from "../watch-cache/feed.ts"
import { collectionPrefix, objectKey } from "./storage-key.ts"

/** Reads objects from the watch cache. They are shared and must not be changed. */
export function createObjectReader(feed: CacheFeed): ObjectReader {
  // The descriptor of a kind carries the type of its objects.
  const get = <R extends AnyResource>(resource: R, namespace: string, name: string) =>
    feed.cacheOf(resource).get(objectKey(resource, namespace, name))?.object as ObjectOf<R> | undefined
  return {
    get,
    list: <R extends AnyResource>(resource: R, namespace: string) =>
      feed
        .cacheOf(resource)
        .list({ prefix: collectionPrefix(resource, namespace) })
        .map(({ object }) => object as ObjectOf<R>),
    listByField: <R extends AnyResource>(resource: R, field: string, value: string) =>
      feed
        .cacheOf(resource)
        .list({
          prefix: collectionPrefix(resource, ""),
          fields: new FieldSelector([{ field, value, negated: false }]),
        })
        .map(({ object }) => object as ObjectOf<R>),
    count: (resource) => feed.cacheOf(resource).size,
    changedRevision: (resource) => feed.cacheOf(resource).changedRevision,
    getFresh: async (resource, namespace, name) => {
      await feed.consistent()
      return get(resource, namespace, name)
    },
  }
}
