import type { ParamKind, ParamRef } from "../../../api/admissionregistration/v1/policy-parameters.ts"
import type { AnyResource, KubeObject } from "../../../machinery/schema/resource.ts"
import { compileLabelSelector } from "../../../machinery/selectors/label-selector.ts"
import type { FindParams, ParamSource } from "../matching/served-kinds.ts"
import type { ObjectReader } from "../plugin.ts"

/** A policy or binding that cannot be applied. The message says why, in Kubernetes' words. */
export class ConfigurationError extends Error {
  constructor(message: string) {
    super(message)
    this.name = "ConfigurationError"
  }
}

/** Throws `ConfigurationError` when nobody knows the kind. */
export function paramSource(kind: ParamKind | undefined, find: FindParams): ParamSource | undefined {
  if (kind === undefined) return undefined
  const { apiVersion = "", kind: name = "" } = kind
  const source = find(apiVersion, name)
  if (source !== undefined) return source
  const groupVersion = apiVersion.includes("/") ? apiVersion : `/${apiVersion}`
  throw new ConfigurationError(`failed to find resource referenced by paramKind: '${groupVersion}, Kind=${name}'`)
}

const WITHOUT: readonly undefined[] = [undefined]

/**
 * The objects with which a binding's policy is evaluated, once for each; one undefined when there are no parameters.
 * Throws `ConfigurationError`.
 */
export async function collectParams(
  source: ParamSource | undefined,
  ref: ParamRef | undefined,
  namespace: string,
  reader: ObjectReader,
): Promise<readonly (KubeObject | undefined)[]> {
  if (source === undefined || ref === undefined) return WITHOUT
  const { resource } = source
  const place = paramNamespace(resource, ref, namespace)
  const found = await Promise.all(paramObjects(resource, ref, place, reader).map((object) => source.read(object)))
  if (found.length === 0 && ref.parameterNotFoundAction === "Deny") {
    throw new ConfigurationError("no params found for policy binding with `Deny` parameterNotFoundAction")
  }
  return found
}

function paramNamespace({ namespaced }: AnyResource, ref: ParamRef, requested: string): string {
  if (namespaced) {
    const namespace = ref.namespace || requested
    if (namespace !== "") return namespace
    throw new ConfigurationError(
      "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources",
    )
  }
  if (!ref.namespace) return ""
  throw new ConfigurationError("paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
}

function paramObjects(
  resource: AnyResource,
  { name = "", selector }: ParamRef,
  namespace: string,
  reader: ObjectReader,
): readonly KubeObject[] {
  if (name !== "") {
    const object = reader.get(resource, namespace, name) as KubeObject | undefined
    return object === undefined ? [] : [object]
  }
  if (selector === undefined) throw new ConfigurationError("one of name or selector must be provided")
  const compiled = compileLabelSelector(selector)
  return (reader.list(resource, namespace) as readonly KubeObject[]).filter(({ metadata }) =>
    compiled.matches(metadata.labels),
  )
}
