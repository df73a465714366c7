import type { Change, Key } from "../../client/informer.ts"
import type { OwnerReference } from "../../machinery/meta/object-meta.ts"
import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { type ControllerContext, type ControllerDefinition, defineController } from "../define-controller.ts"
import { OtherKinds } from "../other-kinds.ts"
import { OwnershipGraph, type Placed } from "./graph.ts"
import { foregroundFinalizer, type OwnerState, orphanFinalizer, plan, type Step } from "./plan.ts"

const ANY_RESOURCE = {
  apiGroups: ["*"],
  resources: ["*"],
  verbs: ["delete", "get", "list", "patch", "update", "watch"],
}

/**
 * Deletes objects whose owners are gone, and carries out foreground and orphaning deletion, for the given kinds and all
 * that are defined while it runs.
 */
export function garbageCollector(served: readonly AnyResource[]): ControllerDefinition {
  const resources = served.filter(isCollected)
  return defineController({
    name: "generic-garbage-collector",
    eventSource: "garbage-collector-controller",
    reads: resources,
    writes: [],
    rights: [ANY_RESOURCE],
    workers: 20,
    start(context) {
      const graph = new OwnershipGraph()
      for (const resource of resources) {
        context.enqueueOn(resource, (change) => follow(graph, resource, change as Change<KubeObject>))
      }
      const others = new OtherKinds(context, resources, {
        follow: (resource, change) => follow(graph, resource, change),
        isWanted: isCollected,
      })
      const served = () => [...resources, ...others.resources]
      return (uid) => reconcile(context, served, graph, uid)
    },
  })
}

/** Review kinds are never stored. Events have no owners, and there are too many of them to watch for nothing. */
function isCollected({ kind, verbs }: AnyResource): boolean {
  return kind !== "Event" && (["list", "watch", "delete"] as const).every((verb) => verbs.includes(verb))
}

/** Notes a change in the graph and returns the uids of the objects that it concerns. Keys of this loop are uids. */
function follow(graph: OwnershipGraph, resource: AnyResource, change: Change<KubeObject>): readonly Key[] {
  const { object } = change
  const { uid } = object.metadata
  const dependents = () => Array.from(graph.dependentsOf(uid), (dependent) => dependent.object.metadata.uid)
  // An owner that was just dropped may wait for exactly that.
  const owners = [object, ...(change.type === "updated" ? [change.previous] : [])].flatMap(({ metadata }) =>
    (metadata.ownerReferences ?? []).map((reference) => reference.uid),
  )
  if (change.type === "deleted") {
    const concerned = [...dependents(), ...owners]
    graph.remove(uid)
    return concerned
  }
  graph.put(resource, object)
  const finalizers = object.metadata.finalizers ?? []
  const going = object.metadata.deletionTimestamp !== undefined
  const needsUs = going && (finalizers.includes(foregroundFinalizer) || finalizers.includes(orphanFinalizer))
  const ownersWaiting = owners.filter((owner) => graph.find(owner)?.object.metadata.deletionTimestamp !== undefined)
  return [...(owners.length > 0 || needsUs ? [uid] : []), ...(needsUs ? dependents() : []), ...ownersWaiting]
}

async function reconcile(
  context: ControllerContext,
  served: () => readonly AnyResource[],
  graph: OwnershipGraph,
  uid: string,
): Promise<void> {
  const target = graph.find(uid)
  if (target === undefined) return
  const states = new Map<string, OwnerState>()
  for (const reference of target.object.metadata.ownerReferences ?? []) {
    states.set(reference.uid, await ownerState(context, served, graph, target, reference))
  }
  const steps = plan(target, graph.dependentsOf(uid), (reference) => states.get(reference.uid) ?? "present")
  for (const step of steps) await carryOut(context, step)
}

async function ownerState(
  context: ControllerContext,
  served: () => readonly AnyResource[],
  graph: OwnershipGraph,
  dependent: Placed,
  reference: OwnerReference,
): Promise<OwnerState> {
  const known = graph.find(reference.uid)
  const { namespace } = dependent.object.metadata
  if (known !== undefined && isElsewhere(known, namespace)) reportForeignOwner(context, dependent, reference)
  else if (known !== undefined && isNamed(known, reference)) {
    const { deletionTimestamp, finalizers } = known.object.metadata
    return deletionTimestamp !== undefined && finalizers?.includes(foregroundFinalizer) ? "waiting" : "present"
  }
  const resource = served().find(
    ({ kind, apiVersion }) => kind === reference.kind && groupOf(apiVersion) === groupOf(reference.apiVersion),
  )
  // An owner of a kind that is not served may live elsewhere: its dependents are left alone.
  if (resource === undefined) return graph.isGone(reference.uid) ? "gone" : "present"
  // Of no namespace: such an owner cannot be told to be gone.
  if (resource.namespaced && namespace === undefined) return "present"
  try {
    // The copy may lag behind: only the server's own word that the owner is gone costs an object its life.
    const key = { name: reference.name, ...(resource.namespaced && namespace !== undefined && { namespace }) }
    const owner = (await context.client.of(resource).get(key)) as KubeObject
    return owner.metadata.uid === reference.uid ? "present" : "gone"
  } catch (error) {
    if (isNotFound(error)) return "gone"
    throw error
  }
}

/** Owners are of their dependents' namespace, or of none. */
const isElsewhere = ({ resource, object }: Placed, namespace: string | undefined): boolean =>
  resource.namespaced && object.metadata.namespace !== namespace

/** Whether a reference says of an owner what it is; otherwise the server is asked for what it says. */
const isNamed = ({ resource, object }: Placed, { apiVersion, kind, name }: OwnerReference): boolean =>
  object.metadata.name === name && resource.kind === kind && resource.group === groupOf(apiVersion)

function reportForeignOwner({ events }: ControllerContext, { object }: Placed, reference: OwnerReference): void {
  const { apiVersion, kind, name, uid } = reference
  const { namespace = "" } = object.metadata
  const owner = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`
  const message = `ownerRef ${owner} does not exist in namespace "${namespace}"`
  events.record(object, "Warning", "OwnerRefInvalidNamespace", message)
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : ""
}

async function carryOut({ client }: ControllerContext, step: Step): Promise<void> {
  const { resource, object } = step.target
  const objects = client.of(resource)
  const { uid, resourceVersion, ownerReferences = [], finalizers = [] } = object.metadata
  try {
    switch (step.do) {
      case "delete":
        // Who owns it may have changed since; then it is looked at again.
        await objects.delete(object.metadata, {
          propagationPolicy: step.policy,
          preconditions: { uid, resourceVersion },
        })
        return
      case "dropOwners": {
        const kept = ownerReferences.filter((reference) => !step.uids.includes(reference.uid))
        const patch = { metadata: { resourceVersion, ownerReferences: kept.length > 0 ? kept : null } }
        await objects.patch(object.metadata, patch, { type: "merge" })
        return
      }
      case "unblockOwners": {
        const unblocked = ownerReferences.map((reference) => ({ ...reference, blockOwnerDeletion: false }))
        await objects.patch(object.metadata, { metadata: { ownerReferences: unblocked } }, { type: "merge" })
        return
      }
      case "dropFinalizer": {
        const kept = finalizers.filter((finalizer) => finalizer !== step.finalizer)
        const patch = { metadata: { resourceVersion, finalizers: kept.length > 0 ? kept : null } }
        await objects.patch(object.metadata, patch, { type: "merge" })
      }
    }
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
