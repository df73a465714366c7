import type { KubeObject } from "../../machinery/schema/resource.ts"
import { notFound } from "../../machinery/status/errors.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { askedBy } from "../admission/asked-by.ts"
import type { ApiResult } from "../call.ts"
import type { CachedObject } from "../watch-cache/cached-object.ts"
import { type Deletion, deletionObject, deletionOptions } from "./deletion-options.ts"
import { listOptions } from "./list-options.ts"
import { planDeletion } from "./plan-deletion.ts"
import { list } from "./read.ts"
import { cacheOf, groupResource, keyOf, type Scope } from "./scope.ts"
import { oneInVersion } from "./versions.ts"
import { put, remove, unstored } from "./write.ts"

/** `DELETE` of one object. */
export async function handleDelete(scope: Scope): Promise<ApiResult> {
  const deletion = deletionOptions(scope.call)
  const { object, removed } = await deleteObject(scope, deletion)
  const { resource } = scope
  const code = !removed && deletion.orphanDependents === false ? 202 : 200
  if (!removed || resource.strategy.returnsDeleted) return { type: "object", code, resource, served: object }
  return { type: "value", code, value: deletedStatus(scope, object.object) }
}

function deletedStatus({ resource }: Scope, { metadata }: KubeObject): unknown {
  const { group, plural } = resource
  // As in Kubernetes, `kind` names the resource here.
  const details = { name: metadata.name, ...(group !== "" && { group }), kind: plural, uid: metadata.uid }
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details }
}

/** `DELETE` of a collection: each object that matches, as if it were deleted alone. */
export async function handleDeleteCollection(scope: Scope): Promise<ApiResult> {
  const deletion = deletionOptions(scope.call)
  const { items, metadata } = await list(scope, listOptions(scope, false))
  for (const item of items) {
    const { name, namespace = "" } = item.object.metadata
    try {
      await deleteObject({ ...scope, name, namespace }, deletion)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
  return { type: "list", resource: scope.resource, items, metadata }
}

export interface Deleted {
  readonly object: CachedObject
  /** False: it is still there, and somebody has to finish. */
  readonly removed: boolean
}

/** Deletes, or begins to, until nobody interferes. Throws `StatusError`. */
export async function deleteObject(
  scope: Scope,
  deletion: Deletion,
  admission: "withAdmission" | "withoutAdmission" = "withAdmission",
): Promise<Deleted> {
  const { backend, resource } = scope
  const key = keyOf(scope)
  await backend.feed.consistent()
  let old = await oneInVersion(scope, cacheOf(scope).get(key))
  for (;;) {
    if (old === undefined) throw notFound(groupResource(resource), scope.name)
    if (admission === "withAdmission") await admitDeletion(scope, old.object, deletion)
    const hooks = backend.hooksOf(resource)
    const plan = planDeletion(resource, old.object, deletion, hooks, backend.platform.clock.nowMs())
    if (plan.do === "wait") return { object: old, removed: false }
    if (deletion.dryRun) {
      return plan.do === "mark"
        ? { object: unstored(scope, key, plan.draft, old), removed: false }
        : { object: old, removed: true }
    }
    const outcome = plan.do === "mark" ? await put(scope, key, plan.draft, old) : await remove(scope, key, old)
    if ("stored" in outcome) {
      if (plan.do === "remove") hooks.deleted?.(old.object)
      return { object: outcome.stored, removed: plan.do === "remove" }
    }
    old = outcome.conflict
  }
}

async function admitDeletion(scope: Scope, old: KubeObject, deletion: Deletion): Promise<void> {
  const { backend, resource, call, namespace, name } = scope
  const request = {
    operation: "DELETE",
    resource,
    subresource: "",
    namespace: resource.group === "" && resource.plural === "namespaces" ? name : namespace,
    name,
    dryRun: deletion.dryRun,
    object: undefined,
    old,
    options: () => deletionObject(deletion),
    ...askedBy(call),
  } as const
  await backend.admission.mutate(request)
  await backend.admission.validate(request)
}
