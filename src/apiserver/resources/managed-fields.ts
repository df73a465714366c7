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

type Entries = DraftObject["metadata"]["managedFields"]

/** Undoes what admission did to the field owners when nobody could use it, and tells the client. */
export function keepOwners(draft: DraftObject, before: Entries, warn: (text: string) => void): void {
  const { managedFields } = draft.metadata
  if (managedFields === before || managedFields === undefined) return
  const problem = managedFieldsProblem(managedFields)
  if (problem === undefined) return
  if (before === undefined) delete draft.metadata.managedFields
  else draft.metadata.managedFields = before
  warn(
    `.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${problem}`,
  )
}

function managedFieldsProblem(entries: NonNullable<Entries>): string | undefined {
  for (const [at, { operation, apiVersion, fieldsType = "" }] of entries.entries()) {
    if (operation !== "Apply" && operation !== "Update") return "operation must be `Apply` or `Update`"
    if (!apiVersion) return "apiVersion must not be empty"
    if (fieldsType === "") return `missing fieldsType in managed fields entry ${at}`
    if (fieldsType !== "FieldsV1")
      return `invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${at}`
  }
  return undefined
}
