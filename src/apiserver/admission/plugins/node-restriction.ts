import type { TokenRequest } from "../../../api/authentication/v1/token-request.ts"
import { Lease } from "../../../api/coordination/v1/lease.ts"
import { isMirrorPod, MIRROR_ANNOTATION } from "../../../api/core/v1/mirror-pod.ts"
import { Node } from "../../../api/core/v1/node.ts"
import { PersistentVolumeClaim } from "../../../api/core/v1/persistent-volume-claim.ts"
import { Pod } from "../../../api/core/v1/pod.ts"
import { firstApiReference } from "../../../api/core/v1/pod-references.ts"
import { ServiceAccount } from "../../../api/core/v1/service-account.ts"
import { CSINode } from "../../../api/storage/v1/csi-node.ts"
import { quote } from "../../../machinery/field/quote.ts"
import { deepEqual } from "../../../machinery/patch/structure.ts"
import { notFound } from "../../../machinery/status/errors.ts"
import type { Authorizer, UserInfo } from "../../call.ts"
import { type AdmissionPlugin, type AdmissionRequest, isResource, type ObjectReader } from "../plugin.ts"
import { refusal } from "../refusal.ts"
import { checkNodeLabels } from "./node-labels.ts"
import { checkClaim, checkCsiNode, driversWant } from "./node-storage.ts"
import { podOf } from "./pod-request.ts"

const NODE_GROUP = "system:nodes"
const NODE_PREFIX = "system:node:"
const LEASE_NAMESPACE = "kube-node-lease"

/**
 * Limits what a kubelet's identity may change: its own node and lease, the pods bound to it, tokens for those pods.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
 */
export function nodeRestriction(reader: ObjectReader, authorizer: () => Authorizer): AdmissionPlugin {
  return {
    name: "NodeRestriction",
    mutate: (request) => {
      const node = nodeOf(request.user)
      if (node === undefined) return undefined
      if (node === "") throw refusal(request, `could not determine node from user ${quote(request.user.name)}`)
      if (isResource(request, Pod)) return checkPod(request, node, reader)
      if (isResource(request, Node)) return checkNode(request, node)
      if (isResource(request, Lease)) return checkLease(request, node)
      if (isResource(request, PersistentVolumeClaim)) return checkClaim(request, node)
      if (isResource(request, CSINode)) return checkCsiNode(request, node)
      if (isResource(request, ServiceAccount)) return checkToken(request, node, reader, authorizer)
      return undefined
    },
  }
}

/** The node that a user is; undefined for everybody else. */
function nodeOf({ name, groups }: UserInfo): string | undefined {
  return groups.includes(NODE_GROUP) && name.startsWith(NODE_PREFIX) ? name.slice(NODE_PREFIX.length) : undefined
}

function checkPod(request: AdmissionRequest, node: string, reader: ObjectReader): void {
  const { subresource, operation, namespace, name, old } = request
  const who = `node ${quote(node)}`
  switch (subresource) {
    case "":
      if (operation === "CREATE") return checkMirrorPod(request, node, reader)
      if (operation !== "DELETE") {
        const did = `unexpected operation ${quote(operation)}`
        throw refusal(request, `${did}, ${who} can only create and delete mirror pods`)
      }
      if (nodeNameOf(old) === node) return
      throw refusal(request, `${who} can only delete pods with spec.nodeName set to itself`)
    case "status":
      if (operation !== "UPDATE") throw refusal(request, `unexpected operation ${quote(operation)}`)
      if (nodeNameOf(old) !== node) {
        throw refusal(request, `${who} can only update pod status for pods with spec.nodeName set to itself`)
      }
      if (!deepEqual(request.object?.metadata.labels ?? {}, old?.metadata.labels ?? {})) {
        throw refusal(request, `${who} cannot update labels through pod status`)
      }
      return
    case "eviction": {
      if (operation !== "CREATE") throw refusal(request, `unexpected operation ${operation}`)
      const pod = reader.get(Pod, namespace, name)
      if (pod === undefined) throw notFound({ group: "", resource: "pods" }, name)
      if (pod.spec.nodeName === node) return
      throw refusal(request, `node ${node} can only evict pods with spec.nodeName set to itself`)
    }
    default:
      throw refusal(
        request,
        `unexpected pod subresource ${quote(subresource)}, only 'status' and 'eviction' are allowed`,
      )
  }
}

function nodeNameOf(old: AdmissionRequest["old"]): string | undefined {
  return (old as Pod | undefined)?.spec.nodeName
}

function checkMirrorPod(request: AdmissionRequest, node: string, reader: ObjectReader): void {
  const pod = podOf(request)
  if (pod === undefined) return
  const who = `node ${quote(node)}`
  const only = `${who} can only create pods with`
  if (!isMirrorPod(pod)) {
    throw refusal(
      request,
      `pod does not have ${quote(MIRROR_ANNOTATION)} annotation, ${who} can only create mirror pods`,
    )
  }
  if (pod.spec.nodeName !== node) throw refusal(request, `${only} spec.nodeName set to itself`)
  const [owner, ...others] = pod.metadata.ownerReferences ?? []
  if (others.length > 0) throw refusal(request, `${only} a single owner reference set to itself`)
  if (owner === undefined || owner.apiVersion !== "v1" || owner.kind !== "Node" || owner.name !== node) {
    throw refusal(request, `${only} an owner reference set to itself`)
  }
  if (!owner.controller) throw refusal(request, `${only} a controller owner reference set to itself`)
  if (owner.blockOwnerDeletion) {
    throw refusal(request, `${who} must not set blockOwnerDeletion on an owner reference`)
  }
  const found = reader.get(Node, "", node)
  if (found === undefined) throw notFound({ group: "", resource: "nodes" }, node)
  if (owner.uid !== found.metadata.uid) {
    throw refusal(request, `node ${node} UID mismatch: expected ${owner.uid} got ${found.metadata.uid}`)
  }
  const reference = firstApiReference(pod)
  if (reference !== undefined) throw refusal(request, `${who} can not create pods that reference ${reference}`)
}

function checkNode(request: AdmissionRequest, node: string): void {
  const { operation, name, object, old } = request
  const who = `node ${quote(node)}`
  const requested = name || object?.metadata.name || ""
  if (requested !== node) throw refusal(request, `${who} is not allowed to modify node ${quote(requested)}`)
  if (operation !== "CREATE" && operation !== "UPDATE") return
  const now = object as unknown as Node
  const before = old as Node | undefined
  if (now.spec.configSource !== undefined && !deepEqual(now.spec.configSource, before?.spec.configSource)) {
    const did = before === undefined ? "create pods with a" : "update configSource to a new"
    throw refusal(request, `${who} is not allowed to ${did} non-nil configSource`)
  }
  if (before !== undefined) {
    if (!deepEqual(now.spec.taints ?? [], before.spec.taints ?? [])) {
      throw refusal(request, `${who} is not allowed to modify taints`)
    }
    if (!deepEqual(now.metadata.ownerReferences ?? [], before.metadata.ownerReferences ?? [])) {
      throw refusal(request, `${who} is not allowed to modify ownerReferences`)
    }
  }
  const labels = checkNodeLabels(now.metadata.labels, before?.metadata.labels)
  if (labels.length === 0) return
  const list = labels.join(", ")
  throw refusal(
    request,
    before === undefined
      ? `${who} is not allowed to set the following labels: ${list}`
      : `is not allowed to modify labels: ${list}`,
  )
}

function checkLease(request: AdmissionRequest, node: string): void {
  if (request.namespace !== LEASE_NAMESPACE) {
    throw refusal(request, `can only access leases in the ${quote(LEASE_NAMESPACE)} system namespace`)
  }
  const name = request.operation === "CREATE" ? request.object?.metadata.name : request.name
  if (name !== node) throw refusal(request, "can only access node lease with the same name as the requesting node")
}

async function checkToken(
  request: AdmissionRequest,
  node: string,
  reader: ObjectReader,
  authorizer: () => Authorizer,
): Promise<void> {
  if (request.operation !== "CREATE" || request.subresource !== "token") return
  const { boundObjectRef: ref, audiences } = (request.object as unknown as TokenRequest).spec
  if (ref === undefined || ref.apiVersion !== "v1" || ref.kind !== "Pod" || !ref.name) {
    throw refusal(request, "node requested token not bound to a pod")
  }
  if (!ref.uid) throw refusal(request, "node requested token with a pod binding without a uid")
  const pod = reader.get(Pod, request.namespace, ref.name)
  if (pod === undefined) throw notFound({ group: "", resource: "pods" }, ref.name)
  if (ref.uid !== pod.metadata.uid) {
    const why = `the UID in the bound object reference (${ref.uid}) does not match the UID in record`
    throw refusal(request, `${why}. The object might have been deleted and then recreated`)
  }
  if (pod.spec.nodeName !== node) {
    throw refusal(request, "node requested token bound to a pod scheduled on a different node")
  }
  if (audiences.length > 1) throw refusal(request, "node may only request 0 or 1 audiences")
  const [audience = ""] = audiences
  if (isAsked(pod, audience, reader)) return
  const { user } = request
  const { allowed, error } = await authorizer().authorize(user, {
    isResource: true,
    path: "",
    verb: "request-serviceaccounts-token-audience",
    group: "",
    version: "v1",
    namespace: request.namespace,
    resource: audience,
    subresource: "",
    name: request.name,
    rest: "",
  })
  if (allowed) return
  const why = `audience ${quote(audience)} not found in pod spec volume`
  const what = "to request tokens for this audience"
  if (error !== undefined) throw refusal(request, `${why}, error authorizing ${user.name} ${what}: ${error}`)
  throw refusal(request, `${why}, ${user.name} is not authorized ${what}`)
}

/** Audiences that its pods, or the drivers of their volumes, ask for need no other right of a kubelet. */
function isAsked(pod: Pod, audience: string, reader: ObjectReader): boolean {
  const asked = (pod.spec.volumes ?? [])
    .flatMap(({ projected }) => projected?.sources ?? [])
    .some(({ serviceAccountToken }) => (serviceAccountToken?.audience ?? undefined) === (audience || undefined))
  return asked || driversWant(pod, audience, reader)
}
