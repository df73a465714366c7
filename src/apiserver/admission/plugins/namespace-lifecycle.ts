import { Namespace } from "../../../api/core/v1/namespace.ts"
import { forbidden, notFound } from "../../../machinery/status/errors.ts"
import { StatusError } from "../../../machinery/status/status-error.ts"
import { type AdmissionPlugin, type AdmissionRequest, isResource, type ObjectReader } from "../plugin.ts"
import { refusal } from "../refusal.ts"

const IMMORTAL: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public"])
const NAMESPACES = { group: "", resource: "namespaces" }

/** Nothing is created in a namespace that is missing or ending; some namespaces are never deleted. */
export function namespaceLifecycle(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "NamespaceLifecycle",
    mutate: (request) => {
      const { operation, namespace, name } = request
      if (isResource(request, Namespace)) {
        if (operation === "DELETE" && IMMORTAL.has(name)) {
          throw forbidden(NAMESPACES, name, "this namespace may not be deleted")
        }
        return undefined
      }
      if (namespace === "" || operation === "DELETE" || operation === "CONNECT") return undefined
      // Asking about a namespace that does not exist is fine.
      if (request.resource.plural === "localsubjectaccessreviews") return undefined
      const found = reader.get(Namespace, "", namespace)
      if (found === undefined) return checkFresh(request, reader)
      return check(request, found)
    },
  }
}

async function checkFresh(request: AdmissionRequest, reader: ObjectReader): Promise<void> {
  check(request, await reader.getFresh(Namespace, "", request.namespace))
}

function check(request: AdmissionRequest, found: Namespace | undefined): void {
  const { namespace, operation } = request
  if (found === undefined) throw notFound(NAMESPACES, namespace)
  if (operation !== "CREATE" || found.status.phase !== "Terminating") return
  const { code, reason, message, details } = refusal(
    request,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  )
  const cause = { reason: "NamespaceTerminating", message: `namespace ${namespace} is being terminated` }
  throw new StatusError(reason, code, message, { ...details, causes: [{ ...cause, field: "metadata.namespace" }] })
}
