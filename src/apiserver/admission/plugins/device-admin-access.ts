import { Namespace } from "../../../api/core/v1/namespace.ts"
import type { DeviceRequest } from "../../../api/resource/v1/device-claim.ts"
import { ResourceClaim } from "../../../api/resource/v1/resource-claim.ts"
import { ResourceClaimTemplate } from "../../../api/resource/v1/resource-claim-template.ts"
import * as field from "../../../machinery/field/error.ts"
import { FieldPath } from "../../../machinery/field/path.ts"
import { invalid } from "../../../machinery/status/errors.ts"
import { type AdmissionPlugin, type AdmissionRequest, isResource, type ObjectReader } from "../plugin.ts"

const LABEL = "resource.kubernetes.io/admin-access"

/** Access to devices beside their users is for namespaces that are labelled for it. In Kubernetes the kinds check it. */
export function deviceAdminAccess(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "DeviceAdminAccess",
    resources: [ResourceClaim, ResourceClaimTemplate],
    validate: async (request) => {
      const path = adminPath(request)
      if (path === undefined) return
      const namespace = await reader.getFresh(Namespace, "", request.namespace)
      if (namespace?.metadata.labels?.[LABEL] === "true") return
      const { group, kind } = request.resource
      const why = `admin access to devices requires the \`${LABEL}: true\` label on the containing namespace`
      throw invalid({ group, kind }, request.object?.metadata.name ?? "", [field.forbidden(path, why)])
    },
  }
}

/** The first member that asks for it, unless it had been asked for before. */
function adminPath(request: AdmissionRequest): FieldPath | undefined {
  const { operation, subresource } = request
  if (operation === "CREATE" && isResource(request, ResourceClaim)) {
    return pathInRequests((request.object as unknown as ResourceClaim).spec.devices.requests)
  }
  if (operation === "CREATE" && isResource(request, ResourceClaimTemplate)) {
    return pathInRequests((request.object as unknown as ResourceClaimTemplate).spec.spec.devices.requests)
  }
  if (operation !== "UPDATE" || subresource !== "status" || !isResource(request, ResourceClaim)) return undefined
  if (pathInResults(request.old as unknown as ResourceClaim) !== undefined) return undefined
  return pathInResults(request.object as unknown as ResourceClaim)
}

function pathInRequests(requests: readonly DeviceRequest[]): FieldPath | undefined {
  const index = requests.findIndex(({ exactly }) => exactly?.adminAccess)
  return index < 0 ? undefined : FieldPath.root("spec", "devices", "requests").index(index).child("adminAccess")
}

function pathInResults({ status }: ResourceClaim): FieldPath | undefined {
  const index = (status.allocation?.devices.results ?? []).findIndex(({ adminAccess }) => adminAccess)
  if (index < 0) return undefined
  return FieldPath.root("status", "allocation", "devices", "results").index(index).child("adminAccess")
}
