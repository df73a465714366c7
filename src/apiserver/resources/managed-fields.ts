import { applyPatch } from "../../machinery/apply/apply-patch.ts"
import { reachOf } from "../../machinery/apply/reach.ts"
import { updateManagedFields } from "../../machinery/apply/update-managed-fields.ts"
import type { Versions } from "../../machinery/apply/versions.ts"
import { decodeValue } from "../../machinery/decode/decode.ts"
import type { ManagedFieldsEntry } from "../../machinery/meta/object-meta.ts"
import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import type { Draft } from "../../machinery/schema/schema.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import { type DraftObject, toDraft } from "./draft.ts"
import type { OtherForm } from "./other-form.ts"
import type { WriteOptions } from "./request-options.ts"
import type { Scope } from "./scope.ts"

/** Notes in a draft which fields this client set: everything at creation, afterwards what it changes. */
export function trackFields(
  scope: Scope,
  draft: DraftObject,
  old: KubeObject | undefined,
  options: WriteOptions,
): void {
  const { form } = scope
  const shown = draft as unknown as KubeObject
  const entries = updateManagedFields({
    ...ownership(scope, options),
    old: form === undefined || old === undefined ? old : form.fromStorage(old),
    new: form === undefined ? shown : form.fromStorage(shown),
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

/** What `old` becomes when a configuration is applied to it, with its owners. Throws a 409, 400 or 500. */
export function appliedObject(
  scope: Scope,
  old: KubeObject | undefined,
  configuration: unknown,
  options: WriteOptions,
): DraftObject {
  const { form } = scope
  const { object } = applyPatch({
    ...ownership(scope, options),
    live: form === undefined || old === undefined ? old : form.fromStorage(old),
    patch: configuration,
    force: options.force ?? false,
  })
  if (form === undefined) return object as unknown as DraftObject
  return toDraft(form.toStorage(object as unknown as KubeObject))
}

function ownership({ resource: stored, form, subresource, backend }: Scope, { fieldManager }: WriteOptions) {
  const resource = form?.resource ?? stored
  const versions = backend.versionsOf(resource)
  return {
    struct: resource.struct,
    reach: reachOf(resource, subresource),
    ...(versions && { versions }),
    manager: fieldManager,
    subresource,
    nowText: timeFromMs(backend.platform.clock.nowMs()),
  }
}

/**
 * The versions of a kind that is served in two forms: what owners in the version of one are compared with. As in
 * Kubernetes, forms in different groups know nothing of each other.
 */
export function versionsOfForm(form: OtherForm): readonly (readonly [AnyResource, Versions])[] {
  const { resource, storage, fromStorage, toStorage } = form
  const forms: readonly AnyResource[] = [resource, storage]
  const convert = (object: object, from: string): object => {
    const isStored = from === storage.apiVersion
    // What is being merged may lack members that every stored object has.
    const whole = decodeValue((isStored ? storage : resource).struct, object) as KubeObject
    return isStored ? fromStorage(whole) : toStorage(whole)
  }
  return forms.map((own) => {
    const known = new Map(forms.filter(({ group }) => group === own.group).map((each) => [each.apiVersion, each]))
    return [own, { structOf: (apiVersion) => known.get(apiVersion)?.struct, convert }]
  })
}
