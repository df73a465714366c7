import { Namespace } from "../../../api/core/v1/namespace.ts"
import type { LabelSelector } from "../../../machinery/selectors/label-selector.ts"
import { notFound } from "../../../machinery/status/errors.ts"
import type { AdmissionRequest, ObjectReader } from "../plugin.ts"

type Labels = Readonly<Record<string, string>>

/** Whether the object has the labels, or had them before. */
export function matchesObject(selector: LabelSelector, { object, old }: AdmissionRequest): boolean {
  if (selector.matchesEverything) return true
  // What has no metadata, such as the options of a connection, never matches.
  const has = (one: { readonly metadata?: { readonly labels?: Labels | undefined } } | undefined) =>
    one?.metadata !== undefined && selector.matches(one.metadata.labels)
  return has(object) || has(old)
}

/** Whether the namespace of the request has the labels. Objects of the cluster always match. Throws a 404. */
export function matchesNamespace(
  selector: LabelSelector,
  request: AdmissionRequest,
  reader: ObjectReader,
): boolean | Promise<boolean> {
  const { resource, namespace, subresource, operation, object } = request
  const isNamespace = resource.plural === "namespaces"
  if ((namespace === "" && !isNamespace) || selector.matchesEverything) return true
  // What is about to be stored counts, not what is stored now.
  if (isNamespace && subresource === "" && (operation === "CREATE" || operation === "UPDATE")) {
    return selector.matches(object?.metadata.labels)
  }
  const found = reader.get(Namespace, "", namespace)
  if (found !== undefined) return selector.matches(found.metadata.labels)
  return readNamespace(namespace, reader).then(({ metadata }) => selector.matches(metadata.labels))
}

/** Also one that was made a moment ago. Throws a 404. */
export async function readNamespace(name: string, reader: ObjectReader): Promise<Namespace> {
  const found = reader.get(Namespace, "", name) ?? (await reader.getFresh(Namespace, "", name))
  if (found === undefined) throw notFound({ group: "", resource: "namespaces" }, name)
  return found
}
