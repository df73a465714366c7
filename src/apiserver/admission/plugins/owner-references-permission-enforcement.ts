import type { OwnerReference } from "../../../machinery/meta/object-meta.ts"
import { deepEqual } from "../../../machinery/patch/structure.ts"
import type { AuthorizationDecision, Authorizer, RequestInfo } from "../../call.ts"
import type { FindParams } from "../matching/served-kinds.ts"
import type { AdmissionPlugin, AdmissionRequest } from "../plugin.ts"
import { refusal } from "../refusal.ts"

/**
 * Who makes an object go with its owner must be allowed to delete it, and who keeps an owner from going must be allowed
 * to hold it up. https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#ownerreferencespermissionenforcement
 */
export function ownerReferencesPermissionEnforcement(
  authorizer: () => Authorizer,
  findKind: FindParams,
): AdmissionPlugin {
  return {
    name: "OwnerReferencesPermissionEnforcement",
    validate: (request) => {
      const { operation, resource, subresource, object, old } = request
      if (operation !== "CREATE" && operation !== "UPDATE") return
      if (resource.group === "" && resource.plural === "pods" && subresource === "status") return
      const owners = object?.metadata.ownerReferences ?? []
      const before = old?.metadata.ownerReferences ?? []
      if (deepEqual(owners, before)) return
      return enforce(request, owners as readonly OwnerReference[], before, authorizer(), findKind)
    },
  }
}

async function enforce(
  request: AdmissionRequest,
  owners: readonly OwnerReference[],
  before: readonly OwnerReference[],
  authorizer: Authorizer,
  findKind: FindParams,
): Promise<void> {
  const { operation, user, resource, subresource, namespace, name } = request
  if (operation === "UPDATE") {
    const { group, version, plural } = resource
    const deletion = { group, version, resource: plural, subresource, namespace, name }
    const decision = await authorizer.authorize(user, question("delete", deletion))
    if (!decision.allowed) {
      throw refusal(request, `cannot set an ownerRef on a resource you can't delete: ${words(decision)}`)
    }
  }
  const wasBlocking = new Set(before.filter((owner) => owner.blockOwnerDeletion).map(({ uid }) => uid))
  const blocking = owners.filter((owner) => owner.blockOwnerDeletion && !wasBlocking.has(owner.uid))
  if (blocking.length === 0) return
  const anything = { group: "*", version: "*", resource: "*", subresource: "finalizers", namespace: "", name: "*" }
  if ((await authorizer.authorize(user, question("update", anything))).allowed) return
  for (const owner of blocking) {
    const found = findKind(owner.apiVersion, owner.kind)?.resource
    if (found === undefined) {
      const why = `cannot find RESTMapping for APIVersion ${owner.apiVersion} Kind ${owner.kind}`
      const cause = `no matches for kind "${owner.kind}" in version "${owner.apiVersion}"`
      throw refusal(request, `cannot set blockOwnerDeletion in this case because ${why}: ${cause}`)
    }
    const { group, version, plural, namespaced } = found
    const place = { namespace: namespaced ? namespace : "", name: owner.name }
    const info = question("update", { group, version, resource: plural, subresource: "finalizers", ...place })
    const decision = await authorizer.authorize(user, info)
    if (decision.allowed) continue
    const why = "an ownerReference refers to a resource you can't set finalizers on"
    throw refusal(request, `cannot set blockOwnerDeletion if ${why}: ${words(decision)}`)
  }
}

const words = ({ reason = "", error = "<nil>" }: AuthorizationDecision): string => `${reason}, ${error}`

type Target = Pick<RequestInfo, "group" | "version" | "resource" | "subresource" | "namespace" | "name">
const question = (verb: string, target: Target): RequestInfo => ({
  isResource: true,
  path: "",
  verb,
  rest: "",
  ...target,
})
