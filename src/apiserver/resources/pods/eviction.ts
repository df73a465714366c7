import { DISRUPTION_TARGET } from "../../../api/core/v1/disruption-target.ts"
import type { Pod } from "../../../api/core/v1/pod.ts"
import { Eviction } from "../../../api/policy/v1/eviction.ts"
import * as field from "../../../machinery/field/error.ts"
import type { DeleteOptions } from "../../../machinery/meta/options.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { badRequest, invalid, notFound } from "../../../machinery/status/errors.ts"
import { isConflict } from "../../../machinery/status/predicates.ts"
import { StatusError } from "../../../machinery/status/status-error.ts"
import { askedBy } from "../../admission/asked-by.ts"
import type { ApiResult } from "../../call.ts"
import { deleteObject } from "../delete.ts"
import { checkDeletion, type Deletion } from "../deletion-options.ts"
import { toDraft } from "../draft.ts"
import { readBody } from "../object-machinery.ts"
import { optionsObject, type WriteOptions, writeOptions } from "../request-options.ts"
import { cacheOf, groupResource, keyOf, type Scope } from "../scope.ts"
import { success } from "../success.ts"
import { updateObject } from "../update.ts"
import { setPodCondition } from "./conditions.ts"
import { budgetOf, sparesUnhealthy, stillProcessed, takeDisruption } from "./disruption-budget.ts"

/** `POST` to a pod's `eviction`: deletes the pod, unless its budget forbids it, and leaves a trace of why. */
export async function handleEviction(scope: Scope): Promise<ApiResult> {
  const { call, name, namespace } = scope
  const options = writeOptions(call, "CreateOptions")
  const sent = readBody(call.body, { resource: Eviction, fieldValidation: options.fieldValidation, warn: call.warn })
  if (sent.metadata.name !== name) throw badRequest("name in URL does not match name in Eviction object")
  const deletion = deletionOf((sent["deleteOptions"] ?? {}) as DeleteOptions, options, name)
  const request = {
    operation: "CREATE",
    resource: scope.resource,
    subresource: "eviction",
    namespace,
    name,
    dryRun: deletion.dryRun,
    object: sent,
    old: undefined,
    kind: Eviction,
    options: () => optionsObject(call, "CreateOptions"),
    ...askedBy(call),
  } as const
  await scope.backend.admission.mutate(request)
  await scope.backend.admission.validate(request)
  // Webhooks may have changed how the pod is to be deleted.
  await evict(scope, options, deletionOf((sent["deleteOptions"] ?? {}) as DeleteOptions, options, name))
  return success(201)
}

/** As often as Kubernetes tries when the pod changes again and again. */
const TRIES_MAX = 20

async function evict(scope: Scope, options: WriteOptions, deletion: Deletion): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await scope.backend.feed.consistent()
    const pod = cacheOf(scope).get(keyOf(scope))?.object as Pod | undefined
    if (pod === undefined) throw notFound(groupResource(scope.resource), scope.name)
    if (!isFree(pod)) return evictProtected(scope, options, deletion, pod)
    const pinned = isEnding(pod) || deletion.resourceVersion !== undefined ? deletion : pinnedTo(pod, deletion)
    try {
      return await markAndDelete(scope, options, pinned)
    } catch (error) {
      const mayRetry = deletion.resourceVersion === undefined && attempt < TRIES_MAX
      if (!mayRetry || !isConflict(error)) throw error
    }
  }
}

/** Pods whose end disrupts nothing: those that never ran, have ended or are ending anyway. */
function isFree(pod: Pod): boolean {
  return isEnding(pod) || pod.status.phase === "Pending"
}

function isEnding({ metadata, status }: Pod): boolean {
  return Boolean(metadata.deletionTimestamp) || status.phase === "Succeeded" || status.phase === "Failed"
}

/** The decision holds for the pod as it is now: it may become ready in the next moment. */
function pinnedTo({ metadata }: Pod, deletion: Deletion): Deletion {
  return { ...deletion, resourceVersion: metadata.resourceVersion }
}

async function evictProtected(scope: Scope, options: WriteOptions, deletion: Deletion, pod: Pod): Promise<void> {
  const budget = budgetOf(scope, pod)
  if (budget === undefined) return markAndDelete(scope, options, deletion)
  const isReady = (pod.status.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True")
  if (isReady || !sparesUnhealthy(budget)) {
    await takeDisruption(scope, budget, scope.name, { ...options, dryRun: deletion.dryRun })
    return markAndDelete(scope, options, deletion)
  }
  try {
    await markAndDelete(scope, options, pinnedTo(pod, deletion))
  } catch (error) {
    if (isConflict(error) && deletion.resourceVersion === undefined) throw stillProcessed(budget.metadata.name)
    throw error
  }
}

async function markAndDelete(scope: Scope, options: WriteOptions, deletion: Deletion): Promise<void> {
  const marked = deletion.dryRun ? deletion : await markDisrupted(scope, options, deletion)
  // As in Kubernetes, who may evict needs nobody's leave to delete.
  await deleteObject({ ...scope, subresource: "" }, marked, "withoutAdmission")
}

function deletionOf(sent: DeleteOptions, { dryRun }: WriteOptions, name: string): Deletion {
  if (sent.ignoreStoreReadErrorWithClusterBreakingPotential) {
    const why = "can not be set for pod eviction, try after removing the option"
    const path = "deleteOptions.ignoreStoreReadErrorWithClusterBreakingPotential"
    throw invalid({ group: Eviction.group, kind: Eviction.kind }, name, [field.invalid(path, true, why)])
  }
  const inBody = sent.dryRun ?? []
  if (inBody.length > 0 && dryRun && !(inBody.length === 1 && inBody[0] === "All")) {
    const why = `Non-matching dry-run options in request and content: [All] and [${inBody.join(" ")}]`
    throw new StatusError("", 500, why)
  }
  return checkDeletion({ ...sent, dryRun: dryRun ? ["All"] : inBody })
}

async function markDisrupted(scope: Scope, options: WriteOptions, deletion: Deletion): Promise<Deletion> {
  const { served } = await updateObject({ ...scope, subresource: "" }, options, {
    mustExist: true,
    direct: true,
    uid: deletion.uid,
    transform: (old) => {
      const pod = toDraft((old as NonNullable<typeof old>).object)
      const condition = {
        type: DISRUPTION_TARGET,
        status: "True",
        reason: "EvictionByEvictionAPI",
        message: "Eviction API: evicting",
      }
      setPodCondition((pod as unknown as Draft<Pod>).status, condition, scope.backend.platform.clock.nowMs())
      if (deletion.resourceVersion !== undefined) pod.metadata.resourceVersion = deletion.resourceVersion
      return pod
    },
  })
  const { uid, resourceVersion } = served.object.metadata
  // What the mark changed must not make the client's own precondition fail.
  return { ...deletion, uid, resourceVersion: deletion.resourceVersion === undefined ? undefined : resourceVersion }
}
