import { updateManagedFields } from "../../machinery/apply/update-managed-fields.ts"
import type { ManagedFieldsEntry } from "../../machinery/meta/object-meta.ts"
import type { KubeObject } from "../../machinery/schema/resource.ts"
import type { Draft } from "../../machinery/schema/schema.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import type { DraftObject } from "./draft.ts"
import type { WriteOptions } from "./request-options.ts"
import type { Scope } from "./scope.ts"

/** Notes in a draft which fields this client set: everything at creation, afterwards what it changes. */
export function trackFields(
  scope: Scope,
  draft: DraftObject,
  old: KubeObject | undefined,
  options: WriteOptions,
): void {
  const { resource, subresource, backend } = scope
  const entries = updateManagedFields({
    struct: resource.struct,
    old,
    new: draft as unknown as KubeObject,
    manager: options.fieldManager,
    subresource,
    nowText: timeFromMs(backend.platform.clock.nowMs()),
  })
  if (entries.length > 0) draft.metadata.managedFields = entries as Draft<ManagedFieldsEntry>[]
  else delete draft.metadata.managedFields
}
