import { Namespace } from "../../../api/core/v1/namespace.ts"
import type { Client } from "../../../client/client.ts"
import { notFound } from "../../../machinery/status/errors.ts"
import { isAlreadyExists } from "../../../machinery/status/predicates.ts"
import { StatusError } from "../../../machinery/status/status-error.ts"
import { type AdmissionPlugin, type AdmissionRequest, isResource, type ObjectReader } from "../plugin.ts"
import { refusal } from "../refusal.ts"

const isInNamespace = (request: AdmissionRequest): boolean =>
  request.namespace !== "" && !isResource(request, Namespace)

/** Nothing is changed in a namespace that does not exist. */
export function namespaceExists(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "NamespaceExists",
    validate: (request) => {
      const { operation, namespace } = request
      if (operation === "CONNECT" || !isInNamespace(request)) return
      if (reader.get(Namespace, "", namespace) !== undefined) return
      return reader.getFresh(Namespace, "", namespace).then((found) => {
        if (found === undefined) throw notFound({ group: "", resource: "namespaces" }, namespace)
      })
    },
  }
}

/** Makes the namespace in which something is created. */
export function namespaceAutoProvision(reader: ObjectReader, client: () => Client): AdmissionPlugin {
  return {
    name: "NamespaceAutoProvision",
    mutate: (request) => {
      const { operation, namespace, dryRun } = request
      if (operation !== "CREATE" || dryRun || !isInNamespace(request)) return
      if (reader.get(Namespace, "", namespace) !== undefined) return
      return provide(request, client())
    },
  }
}

async function provide(request: AdmissionRequest, client: Client): Promise<void> {
  try {
    await client.of(Namespace).create({ metadata: { name: request.namespace } })
  } catch (error) {
    if (isAlreadyExists(error)) return
    if (error instanceof StatusError) throw refusal(request, error.message)
    throw error
  }
}
