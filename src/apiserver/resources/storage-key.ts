import type { AnyResource } from "../../machinery/schema/resource.ts"

/** Where objects are kept: `/registry/<resource>[.<group>]/[<namespace>/]<name>`. */

export const REGISTRY_PREFIX = "/registry/"

/** The prefix of all objects of a resource. All versions of a group share it. */
export function resourcePrefix(resource: Pick<AnyResource, "group" | "plural">): string {
  let prefix = prefixes.get(resource)
  if (prefix === undefined) {
    const name = resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`
    prefixes.set(resource, (prefix = `${REGISTRY_PREFIX}${name}/`))
  }
  return prefix
}

/** Each request asks a dozen times, and a text made anew has to be hashed again to be looked up. */
const prefixes = new WeakMap<object, string>()

/** `/registry/pods/default/web` → `/registry/pods/`. */
export function prefixOf(key: string): string {
  return key.slice(0, key.indexOf("/", REGISTRY_PREFIX.length) + 1)
}

/** The prefix of the objects in one namespace; of all objects when it is empty. */
export function collectionPrefix(resource: AnyResource, namespace: string): string {
  const prefix = resourcePrefix(resource)
  return resource.namespaced && namespace !== "" ? `${prefix}${namespace}/` : prefix
}

export function objectKey(resource: AnyResource, namespace: string, name: string): string {
  return `${collectionPrefix(resource, namespace)}${name}`
}

export function splitObjectKey(
  resource: AnyResource,
  key: string,
): { readonly namespace: string; readonly name: string } {
  const rest = key.slice(resourcePrefix(resource).length)
  if (!resource.namespaced) return { namespace: "", name: rest }
  const slash = rest.indexOf("/")
  return { namespace: rest.slice(0, slash), name: rest.slice(slash + 1) }
}
