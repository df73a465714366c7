import type { Pod } from "../../../api/core/v1/pod.ts"
import { Eviction } from "../../../api/policy/v1/eviction.ts"
import * as field from "../../../machinery/field/error.ts"
import type { DeleteOptions } from "../../../machinery/meta/options.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { badRequest, invalid } from "../../../machinery/status/errors.ts"
import { StatusError } from "../../../machinery/status/status-error.ts"
import type { ApiResult } from "../../call.ts"
import { deleteObject } from "../delete.ts"
import { checkDeletion, type Deletion } from "../deletion-options.ts"
import { toDraft } from "../draft.ts"
import { readBody } from "../object-machinery.ts"
import { type WriteOptions, writeOptions } from "../request-options.ts"
import type { Scope } from "../scope.ts"
import { success } from "../success.ts"
import { updateObject } from "../update.ts"
import { setPodCondition } from "./conditions.ts"

/** `POST` to a pod's `eviction`: deletes the pod and leaves a trace of why. */
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
    user: call.user,
    dryRun: deletion.dryRun,
    object: sent,
    old: undefined,
    warn: call.warn,
  } as const
  await scope.backend.admission.mutate(request)
  await scope.backend.admission.validate(request)
  const uid = deletion.dryRun ? undefined : await markDisrupted(scope, options, deletion)
  // What the mark changed must not make the client's own precondition fail.
  const { resourceVersion: _resourceVersion, ...rest } = deletion
  const marked = uid === undefined ? deletion : { ...rest, resourceVersion: undefined, uid }
  await deleteObject({ ...scope, subresource: "" }, marked)
  return success(201)
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

async function markDisrupted(scope: Scope, options: WriteOptions, deletion: Deletion): Promise<string> {
  const { served } = await updateObject({ ...scope, subresource: "" }, options, {
    mustExist: true,
    direct: true,
    uid: deletion.uid,
    transform: (old) => {
      const pod = toDraft((old as NonNullable<typeof old>).object)
      const condition = {
        type: "DisruptionTarget",
        status: "True",
        reason: "EvictionByEvictionAPI",
        message: "Eviction API: evicting",
      }
      setPodCondition((pod as unknown as Draft<Pod>).status, condition, scope.backend.platform.clock.nowMs())
      if (deletion.resourceVersion !== undefined) pod.metadata.resourceVersion = deletion.resourceVersion
      return pod
    },
  })
  return served.object.metadata.uid
}
