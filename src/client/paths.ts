import type { AnyResource } from "../machinery/schema/resource.ts"

/** `/api/v1` or `/apis/apps/v1`. */
export function groupVersionPath(resource: Pick<AnyResource, "group" | "version">): string {
  return resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`
}

/** The path of all objects of a kind, in one namespace or in all. */
export function collectionPath(resource: AnyResource, namespace: string | undefined): string {
  const base = groupVersionPath(resource)
  if (!resource.namespaced || namespace === undefined) return `${base}/${resource.plural}`
  return `${base}/namespaces/${encodeURIComponent(namespace)}/${resource.plural}`
}

/** The path of one object, or of one of its subresources. */
export function objectPath(
  resource: AnyResource,
  namespace: string | undefined,
  name: string,
  subresource?: string,
): string {
  const path = `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`
  return subresource === undefined ? path : `${path}/${subresource}`
}
