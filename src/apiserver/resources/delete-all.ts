import type { AnyResource } from "../../machinery/schema/resource.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import type { ApiCall } from "../call.ts"
import { deleteObject } from "./delete.ts"
import { checkDeletion } from "./deletion-options.ts"
import type { Backend } from "./scope.ts"

/**
 * Begins to delete every object of a resource, past admission: the resource itself goes away. Returns how many are still
 * there, because of their finalizers. Throws `StatusError`.
 */
export async function deleteAll(backend: Backend, resource: AnyResource): Promise<number> {
  await backend.feed.consistent()
  for (const { object } of objectsOf(backend, resource)) {
    const { name, namespace = "" } = object.metadata
    const scope = { backend, call: OWN_CALL, resource, namespace, name, subresource: "" }
    try {
      await deleteObject(scope, checkDeletion({}), "withoutAdmission")
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
  return objectsOf(backend, resource).length
}

function objectsOf(backend: Backend, resource: AnyResource) {
  const cache = backend.feed.cacheOf(resource)
  return cache.list({ prefix: "" })
}

const OWN_CALL: ApiCall = {
  user: { name: "system:apiserver", groups: ["system:masters"], extra: new Map() },
  info: {
    isResource: true,
    path: "",
    verb: "deletecollection",
    group: "",
    version: "",
    namespace: "",
    resource: "",
    subresource: "",
    name: "",
    rest: "",
  },
  query: new URLSearchParams(),
  body: { type: "none" },
  userAgent: "",
  signal: new AbortController().signal,
  warn: () => undefined,
  annotate: () => undefined,
}
