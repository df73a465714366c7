import type { AnyResource } from "../machinery/schema/resource.ts"
import type {
  Client,
  DeleteOptions,
  ListOptions,
  ListResult,
  ObjectKey,
  PatchOptions,
  PatchType,
  ResourceClient,
  WatchOptions,
  WriteOptions,
} from "./client.ts"
import { collectionPath, objectPath } from "./paths.ts"
import type { ApiRequest, Transport, WatchEvent } from "./transport.ts"

/** The typed client over any transport. `fieldManager` names this client in managedFields. */
export function createClient(transport: Transport, options: { readonly fieldManager: string }): Client {
  const known = new Map<AnyResource, ResourceClient<unknown, unknown>>()
  const of = (resource: AnyResource): ResourceClient<unknown, unknown> => {
    let client = known.get(resource)
    if (client === undefined) known.set(resource, (client = resourceClient(transport, resource, options.fieldManager)))
    return client
  }
  return {
    // The descriptors carry the types; one implementation serves every kind.
    of: of as Client["of"],
    raw: {
      get: (path, query) =>
        transport.send({ method: "GET", path, ...(query && { query: new Map(Object.entries(query)) }) }),
      post: (path, body) => transport.send({ method: "POST", path, body }),
      put: (path, body) => transport.send({ method: "PUT", path, body }),
    },
  }
}

const patchContentTypes: Record<PatchType, string> = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  json: "application/json-patch+json",
  apply: "application/apply-patch+yaml",
}

interface Named {
  readonly metadata?: { readonly name?: string; readonly namespace?: string }
}

function resourceClient(
  transport: Transport,
  resource: AnyResource,
  fieldManager: string,
): ResourceClient<unknown, unknown> {
  const typed = (body: unknown) => ({ apiVersion: resource.apiVersion, kind: resource.kind, ...(body as object) })
  const namespaceOf = (body: unknown) => (body as Named).metadata?.namespace
  const put = (body: unknown, subresource: string | undefined, options: WriteOptions | undefined) =>
    transport.send({
      method: "PUT",
      path: objectPath(resource, namespaceOf(body), nameOf(resource, body), subresource),
      query: writeQuery(fieldManager, options),
      body: typed(body),
    })
  return {
    get: (key) => transport.send({ method: "GET", path: objectPath(resource, key.namespace, key.name) }),
    list: async (options) => toListResult(resource, await transport.send(listRequest(resource, options))),
    watch: (options) => transport.watch(watchRequest(resource, options)) as AsyncIterable<WatchEvent<unknown>>,
    create: (body, options) =>
      transport.send({
        method: "POST",
        path: collectionPath(resource, namespaceOf(body)),
        query: writeQuery(fieldManager, options),
        body: typed(body),
      }),
    update: (body, options) => put(body, undefined, options),
    updateStatus: (body, options) => put(body, "status", options),
    patch: (key, body, options) => transport.send(patchRequest(resource, fieldManager, key, body, options)),
    delete: async (key, options) => {
      const path = objectPath(resource, key.namespace, key.name)
      await transport.send({ method: "DELETE", path, body: deleteOptions(options) })
    },
    deleteCollection: async (options, deletion) => {
      await transport.send({ ...listRequest(resource, options), method: "DELETE", body: deleteOptions(deletion) })
    },
  }
}

function nameOf(resource: AnyResource, body: unknown): string {
  const name = (body as Named).metadata?.name
  if (name === undefined || name === "") throw new TypeError(`an update of a ${resource.kind} needs metadata.name`)
  return name
}

function listRequest(resource: AnyResource, options: ListOptions = {}): ApiRequest {
  const query = new Map<string, string>()
  if (options.labelSelector) query.set("labelSelector", options.labelSelector)
  if (options.fieldSelector) query.set("fieldSelector", options.fieldSelector)
  if (options.limit !== undefined) query.set("limit", String(options.limit))
  if (options.continue) query.set("continue", options.continue)
  if (options.resourceVersion !== undefined) query.set("resourceVersion", options.resourceVersion)
  return { method: "GET", path: collectionPath(resource, options.namespace), query }
}

function watchRequest(resource: AnyResource, options: WatchOptions): ApiRequest {
  const request = listRequest(resource, options)
  const query = new Map(request.query)
  query.set("watch", "true")
  if (options.allowBookmarks) query.set("allowWatchBookmarks", "true")
  return { ...request, query, signal: options.signal }
}

function patchRequest(
  resource: AnyResource,
  fieldManager: string,
  key: ObjectKey,
  body: unknown,
  options: PatchOptions,
): ApiRequest {
  const query = writeQuery(fieldManager, options)
  if (options.type === "apply" && options.force) query.set("force", "true")
  return {
    method: "PATCH",
    path: objectPath(resource, key.namespace, key.name, options.subresource),
    query,
    contentType: patchContentTypes[options.type],
    body,
  }
}

function writeQuery(fieldManager: string, options: WriteOptions | undefined): Map<string, string> {
  const query = new Map([["fieldManager", options?.fieldManager ?? fieldManager]])
  if (options?.dryRun) query.set("dryRun", "All")
  return query
}

function deleteOptions(options: DeleteOptions | undefined) {
  return { apiVersion: "v1", kind: "DeleteOptions", ...options }
}

interface ListBody {
  readonly items?: readonly unknown[] | null
  readonly metadata?: {
    readonly resourceVersion?: string
    readonly continue?: string
    readonly remainingItemCount?: number
  }
}
function toListResult(resource: AnyResource, body: unknown): ListResult<unknown> {
  const { items, metadata = {} } = body as ListBody
  return { ...metadata, items: whole(resource, items ?? []), resourceVersion: metadata.resourceVersion ?? "" }
}

/** On the wire the items of a list do not say what they are; from the server in the same process they come whole. */
function whole({ apiVersion, kind }: AnyResource, items: readonly unknown[]): readonly unknown[] {
  if (items.every((item) => (item as { readonly kind?: string }).kind !== undefined)) return items
  return items.map((item) => ({ kind, apiVersion, ...(item as object) }))
}
