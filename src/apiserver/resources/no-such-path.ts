import type { AnyResource } from "../../machinery/schema/resource.ts"
import { notFound, pathNotFound } from "../../machinery/status/errors.ts"
import type { ApiResult } from "../call.ts"
import { text } from "../request/router.ts"
import { groupResource } from "./scope.ts"

/** Custom resources bring the form of their schema. */
export const isBuiltIn = (resource: AnyResource): boolean => resource.struct.form === undefined

/**
 * What a path gets that leads to no resource. Kubernetes answers with a status where built-in resources are, whose
 * paths are all known; a path that custom resources could have falls through to the bare page, like any other.
 */
export function noSuchPath(besideBuiltIn: boolean): ApiResult {
  if (besideBuiltIn) throw pathNotFound()
  return text(404, "404 page not found\n")
}

/** A custom resource without `status` or `scale` says that the object is missing, although it may exist. */
export function noSuchSubresource(resource: AnyResource, name: string): never {
  throw isBuiltIn(resource) ? pathNotFound() : notFound(groupResource(resource), name)
}
