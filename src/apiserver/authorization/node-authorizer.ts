import { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { ResourceSlice } from "../../api/resource/v1/resource-slice.ts"
import { VolumeAttachment } from "../../api/storage/v1/volume-attachment.ts"
import { parseFieldSelector } from "../../machinery/selectors/field-selector.ts"
import { SelectorError } from "../../machinery/selectors/requirement.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import type { AuthorizationDecision, Authorizer, RequestInfo, UserInfo } from "../call.ts"
import { COMPONENT_ROLES } from "./defaults/component-roles.ts"
import { parseRule } from "./defaults/rule-text.ts"
import { type PodReferences, podReferences } from "./pod-references.ts"
import { ruleAllows } from "./rules.ts"
import { volumeSecrets } from "./volume-secrets.ts"

/**
 * A kubelet may read what its own pods use, and no more: a node that is broken into gives away its pods' secrets only.
 * https://kubernetes.io/docs/reference/access-authn-authz/node/
 *
 * Which pods are the node's is asked of the watch cache each time, so nothing has to be kept in step.
 */
export function createNodeAuthorizer(reader: Reader): Authorizer {
  return {
    authorize(user, info) {
      if (!isNode(user)) return NO_OPINION
      const node = user.name.slice(NODE_PREFIX.length)
      if (node === "") return refused(`unknown node for user "${user.name}"`)
      return authorizeNode(node, info, reader)
    },
  }
}

const NODE_PREFIX = "system:node:"
const NODE_GROUP = "system:nodes"
const LEASE_NAMESPACE = "kube-node-lease"
const NODE_NAME_FIELD = "spec.nodeName"

const ALLOWED: AuthorizationDecision = { allowed: true }
const NO_OPINION: AuthorizationDecision = { allowed: false }
const refused = (reason: string): AuthorizationDecision => ({ allowed: false, reason })
const unrelated = (node: string) => refused(`no relationship found between node '${node}' and this object`)

const isNode = (user: UserInfo): boolean => user.name.startsWith(NODE_PREFIX) && user.groups.includes(NODE_GROUP)

type Reader = Pick<ObjectReader, "get" | "list" | "listByField">
type Rule = (node: string, info: RequestInfo, reader: Reader) => AuthorizationDecision

const RULES: ReadonlyMap<string, Rule> = new Map([
  ["secrets", secrets],
  ["configmaps", readsOf((pod) => pod.configMaps)],
  ["persistentvolumeclaims", claims],
  ["persistentvolumes", (node, info, reader) => checkGet(info) ?? volumes(node, info, reader)],
  ["volumeattachments.storage.k8s.io", (node, info, reader) => checkGet(info) ?? attachments(node, info, reader)],
  ["resourceclaims.resource.k8s.io", deviceClaims],
  ["resourceslices.resource.k8s.io", slices],
  ["serviceaccounts", serviceAccounts],
  ["leases.coordination.k8s.io", leases],
  ["csinodes.storage.k8s.io", csiNodes],
  ["nodes", nodes],
  ["pods", pods],
])

const STATIC_RULES = (COMPONENT_ROLES["system:node"] ?? []).map(parseRule)

function authorizeNode(node: string, info: RequestInfo, reader: Reader): AuthorizationDecision {
  if (info.isResource) {
    const rule = RULES.get(info.group === "" ? info.resource : `${info.resource}.${info.group}`)
    if (rule !== undefined) return rule(node, info, reader)
  }
  return STATIC_RULES.some((rule) => ruleAllows(rule, info)) ? ALLOWED : NO_OPINION
}

function podsOf(node: string, namespace: string, reader: Reader): Pod[] {
  return reader.listByField(Pod, NODE_NAME_FIELD, node).filter((pod) => pod.metadata.namespace === namespace)
}

function readsOf(names: (pod: PodReferences) => ReadonlySet<string>): Rule {
  return (node, info, reader) => {
    if (!["get", "list", "watch"].includes(info.verb)) return refused("can only read resources of this type")
    return readOne(node, info, (pod) => names(podReferences(pod)).has(info.name), reader)
  }
}

function readOne(node: string, info: RequestInfo, uses: (pod: Pod) => boolean, reader: Reader): AuthorizationDecision {
  if (info.subresource !== "") return refused("cannot read subresource")
  if (info.namespace === "") return refused("can only read namespaced object of this type")
  return related(node, info, uses, reader)
}

/** Those of pods, and those that volumes of pods are mounted with. */
function secrets(node: string, info: RequestInfo, reader: Reader): AuthorizationDecision {
  const decision = SECRETS_OF_PODS(node, info, reader)
  if (decision.allowed || decision.reason !== unrelated(node).reason) return decision
  const { namespace, name } = info
  const isOf = (secret: { readonly namespace: string; readonly name: string }) =>
    secret.namespace === namespace && secret.name === name
  const uses = reader.list(PersistentVolume, "").some((volume) => {
    return volumeSecrets(volume).some(isOf) && isMounted(node, volume, reader)
  })
  return uses ? ALLOWED : decision
}
const SECRETS_OF_PODS = readsOf((pod) => pod.secrets)

function isMounted(node: string, { spec }: PersistentVolume, reader: Reader): boolean {
  const { namespace = "", name = "" } = spec.claimRef ?? {}
  return name !== "" && podsOf(node, namespace, reader).some((pod) => podReferences(pod).claims.has(name))
}

function volumes(node: string, { name }: RequestInfo, reader: Reader): AuthorizationDecision {
  if (name === "") return refused("No Object name found")
  const volume = reader.get(PersistentVolume, "", name)
  return volume !== undefined && isMounted(node, volume, reader) ? ALLOWED : unrelated(node)
}

function attachments(node: string, { name }: RequestInfo, reader: Reader): AuthorizationDecision {
  if (name === "") return refused("No Object name found")
  return reader.get(VolumeAttachment, "", name)?.spec.nodeName === node ? ALLOWED : unrelated(node)
}

function deviceClaims(node: string, info: RequestInfo, reader: Reader): AuthorizationDecision {
  return checkGet(info) ?? related(node, info, (pod) => podReferences(pod).deviceClaims.has(info.name), reader)
}

const SLICE_VERBS = "get, watch, list, create, update, patch, delete, deletecollection"

function slices(node: string, info: RequestInfo, reader: Reader): AuthorizationDecision {
  const { verb, subresource, name } = info
  if (subresource !== "") return refused("cannot authorize ResourceSlice subresources")
  switch (verb) {
    case "create":
      // Admission looks at the node that is named.
      return ALLOWED
    case "get":
    case "update":
    case "patch":
    case "delete":
      if (name === "") return refused("No Object name found")
      return reader.get(ResourceSlice, "", name)?.spec.nodeName === node ? ALLOWED : unrelated(node)
    case "watch":
    case "list":
    case "deletecollection":
      if (selectedNode(info, NODE_NAME_FIELD) === node) return ALLOWED
      return refused("can only list/watch/deletecollection resourceslices with nodeName field selector")
    default:
      return refused(`only the following verbs are allowed for a ResourceSlice: ${SLICE_VERBS}`)
  }
}

function related(node: string, info: RequestInfo, uses: (pod: Pod) => boolean, reader: Reader): AuthorizationDecision {
  if (info.name === "") return refused("No Object name found")
  return podsOf(node, info.namespace, reader).some(uses) ? ALLOWED : unrelated(node)
}

function checkGet(info: RequestInfo): AuthorizationDecision | undefined {
  if (info.verb !== "get") return refused("can only get individual resources of this type")
  return info.subresource === "" ? undefined : refused("cannot get subresource")
}

function claims(node: string, info: RequestInfo, reader: Reader): AuthorizationDecision {
  const uses = (pod: Pod) => podReferences(pod).claims.has(info.name)
  if (info.subresource !== "status") return checkGet(info) ?? related(node, info, uses, reader)
  if (info.verb !== "update" && info.verb !== "patch") return refused("can only get/update/patch this type")
  return related(node, info, uses, reader)
}

function serviceAccounts(node: string, info: RequestInfo, reader: Reader): AuthorizationDecision {
  const { verb, subresource, name } = info
  const uses = (pod: Pod) => pod.spec.serviceAccountName === name && !isMirror(pod)
  if (verb === "get" && subresource === "") return readOne(node, info, uses, reader)
  if (verb !== "create" || name === "") return refused("can only create tokens for individual service accounts")
  if (subresource !== "token") return refused("can only create token subresource of serviceaccount")
  return related(node, info, uses, reader)
}

const isMirror = (pod: Pod): boolean => pod.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined

const OWN_VERBS = ["get", "create", "update", "patch", "delete"]

function leases(node: string, { verb, namespace, name }: RequestInfo): AuthorizationDecision {
  if (!OWN_VERBS.includes(verb)) return refused("can only get, create, update, patch, or delete a node lease")
  if (namespace !== LEASE_NAMESPACE)
    return refused(`can only access leases in the "${LEASE_NAMESPACE}" system namespace`)
  // Admission looks at the name of what is created.
  if (verb === "create" || name === node) return ALLOWED
  return refused("can only access node lease with the same name as the requesting node")
}

function csiNodes(node: string, { verb, subresource, name }: RequestInfo): AuthorizationDecision {
  if (!OWN_VERBS.includes(verb)) return refused("can only get, create, update, patch, or delete a CSINode")
  if (subresource !== "") return refused("cannot authorize CSINode subresources")
  if (verb === "create" || name === node) return ALLOWED
  return refused("can only access CSINode with the same name as the requesting node")
}

function nodes(node: string, { verb, subresource, name }: RequestInfo): AuthorizationDecision {
  // That writes concern the node itself is admission's to check.
  if (subresource === "status") return verb === "update" || verb === "patch" ? ALLOWED : NO_OPINION
  if (subresource !== "") return NO_OPINION
  if (verb === "create" || verb === "update" || verb === "patch") return ALLOWED
  if (verb !== "get" && verb !== "list" && verb !== "watch") return NO_OPINION
  if (name === node) return ALLOWED
  if (name === "") return refused(`node '${node}' cannot read all nodes, only its own Node object`)
  return refused(`node '${node}' cannot read '${name}', only its own Node object`)
}

function pods(node: string, info: RequestInfo, reader: Reader): AuthorizationDecision {
  const { verb, subresource, namespace, name } = info
  // That writes concern pods of the node is admission's to check.
  if (subresource === "status") return verb === "update" || verb === "patch" ? ALLOWED : NO_OPINION
  if (subresource === "eviction") return verb === "create" ? ALLOWED : NO_OPINION
  if (subresource !== "") return NO_OPINION
  switch (verb) {
    case "create":
    case "delete":
      return ALLOWED
    case "list":
    case "watch":
      if (selectedNode(info, NODE_NAME_FIELD) === node) return ALLOWED
      if (name === "") return refused("can only list/watch pods with spec.nodeName field selector")
      break
    case "get":
      if (name === "") return refused("No Object name found")
      break
    default:
      return NO_OPINION
  }
  return reader.get(Pod, namespace, name)?.spec.nodeName === node ? ALLOWED : unrelated(node)
}

function selectedNode({ fieldSelector = "" }: RequestInfo, field: string): string | undefined {
  try {
    return parseFieldSelector(fieldSelector).exactValue(field)
  } catch (error) {
    // What cannot be read selects nothing; the handler will say what is wrong with it.
    if (error instanceof SelectorError) return undefined
    throw error
  }
}
