import * as field from "../../machinery/field/error.ts"
import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import { badRequest, conflict, invalid, notAuthorized, notFound } from "../../machinery/status/errors.ts"
import { askedBy } from "../admission/asked-by.ts"
import type { AdmissionRequest, ObjectKind } from "../admission/plugin.ts"
import type { ApiResult } from "../call.ts"
import type { CachedObject } from "../watch-cache/cached-object.ts"
import { createObject } from "./create.ts"
import { type DraftObject, finished, toDraft } from "./draft.ts"
import { NO_RESERVATION } from "./hooks.ts"
import { keepOwners, trackFields } from "./managed-fields.ts"
import { readBody } from "./object-machinery.ts"
import { isSame, matchNamespace, prepareUpdate } from "./prepare.ts"
import { optionsObject, type WriteOptions, writeOptions } from "./request-options.ts"
import { cacheOf, groupResource, keyOf, type Scope, writeContext } from "./scope.ts"
import { oneInVersion } from "./versions.ts"
import { put, remove, unstored } from "./write.ts"

/** `PUT` on an object or its status. */
export async function handleUpdate(scope: Scope): Promise<ApiResult> {
  const { call, resource } = scope
  const options = writeOptions(call, "UpdateOptions")
  const sent = readBody(call.body, { resource, fieldValidation: options.fieldValidation, warn: call.warn })
  checkName(scope, sent)
  const { served, created } = await updateObject(scope, options, {
    createMissing: resource.strategy.createOnUpdate === true && scope.subresource === "",
    uid: sent.metadata.uid,
    transform: () => toDraft(sent),
  })
  return { type: "object", code: created ? 201 : 200, resource, served }
}

/** The name in the body must be the one in the path; an empty one is filled in. */
export function checkName(scope: Scope, sent: DraftObject): void {
  const { name = "" } = sent.metadata
  if (name === "") {
    // As Kubernetes words it: the body must name the object.
    throw badRequest(`the name of the object (${scope.name} based on URL) was undeterminable: name must be provided`)
  }
  if (name !== scope.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${scope.name})`)
  }
}

export interface Change {
  /** Makes the new object. Called again with what is stored when somebody else was faster. Undefined: it is missing. */
  readonly transform: (old: CachedObject | undefined) => DraftObject | Promise<DraftObject>
  readonly createMissing?: boolean
  /** The transformation needs an object to begin with. */
  readonly mustExist?: boolean
  /** The object must have this uid. */
  readonly uid?: string | undefined
  /** The transformation makes a valid change by itself: no admission, no validation, no field ownership. */
  readonly direct?: boolean
  /** Field ownership was computed by the transformation (apply). */
  readonly tracked?: boolean
  /** The part that changes, when it is not the one in the scope. */
  readonly subresource?: string
  /** What admission sees instead of the object. */
  readonly part?: AdmittedPart
}

/** A view of an object that a subresource is about, such as a Scale. */
export interface AdmittedPart {
  readonly kind: ObjectKind
  readonly of: (object: KubeObject | DraftObject) => DraftObject
  /** Takes over what admission changed. */
  readonly put: (draft: DraftObject, part: DraftObject) => void
}

export interface Changed {
  readonly served: CachedObject
  readonly created: boolean
}

/** Reads, changes and writes until nobody interferes. Throws `StatusError`. */
export async function updateObject(scope: Scope, options: WriteOptions, change: Change): Promise<Changed> {
  const key = keyOf(scope)
  await scope.backend.feed.consistent()
  let old = await oneInVersion(scope, cacheOf(scope).get(key))
  for (;;) {
    if (old === undefined && change.mustExist) throw notFound(groupResource(scope.resource), scope.name)
    checkUid(scope, old, change.uid)
    const draft = await change.transform(old)
    if (old === undefined) {
      if (!change.createMissing) throw notFound(groupResource(scope.resource), scope.name)
      // What does not exist has no version to compare with.
      if (draft.metadata.resourceVersion) throw notFound(groupResource(scope.resource), scope.name)
      await checkMayCreate(scope)
      const tracked = change.tracked ?? false
      return { served: await createObject(scope, draft, { ...options, tracked }), created: true }
    }
    const attempt = await tryUpdate(scope, key, draft, old, options, change)
    if ("done" in attempt) return { served: attempt.done, created: false }
    old = attempt.fresh
  }
}

/** Who may only update or patch must not create by it. Throws a 403. */
async function checkMayCreate({ backend, call, form }: Scope): Promise<void> {
  if (backend.authorizer === undefined) return
  const { group, version, plural } = form?.resource ?? { ...call.info, plural: call.info.resource }
  const info = { ...call.info, group, version, resource: plural, verb: "create" }
  const decision = await backend.authorizer().authorize(call.user, info)
  if (!decision.allowed) throw notAuthorized({ user: call.user.name, ...info, path: undefined }, decision.reason)
}

function checkUid(scope: Scope, old: CachedObject | undefined, uid: string | undefined): void {
  if (uid === undefined || uid === "" || old === undefined) return
  const found = old.object.metadata.uid
  if (uid === found) return
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${found}`
  throw conflict(groupResource(scope.resource), scope.name, why)
}

type Attempt = { readonly done: CachedObject } | { readonly fresh: CachedObject | undefined }

async function tryUpdate(
  scope: Scope,
  key: string,
  draft: DraftObject,
  old: CachedObject,
  options: WriteOptions,
  change: Change,
): Promise<Attempt> {
  const { backend, resource } = scope
  const before = old.object
  checkVersion(resource, draft, before)
  if (!change.direct) await checkChange(scope, draft, before, options, change)
  if (isSame(draft, before) && !isOutdated(scope, key)) return { done: old }
  const hooks = backend.hooksOf(resource)
  // It may change what the draft shares with what is stored.
  if (hooks.beginUpdate !== undefined) Object.assign(draft, toDraft(draft))
  const reservation = hooks.beginUpdate?.(draft, before, options.dryRun) ?? NO_RESERVATION
  try {
    if (options.dryRun) {
      reservation.revert()
      return { done: unstored(scope, key, draft, old) }
    }
    if (completesDeletion(draft, before) && !hooks.blocksDeletion?.(draft)) {
      reservation.revert()
      return await deleteCompleted(scope, key, draft, old)
    }
    const outcome = await put(scope, key, draft, old)
    if ("stored" in outcome) {
      reservation.commit()
      return { done: outcome.stored }
    }
    reservation.revert()
    return { fresh: outcome.conflict }
  } catch (error) {
    reservation.revert()
    throw error
  }
}

/** Whether an object is stored in another version than new ones would be: a change that changes nothing migrates it. */
function isOutdated(scope: Scope, key: string): boolean {
  const form = scope.backend.formOf(scope.resource)
  return form !== undefined && cacheOf(scope).get(key)?.resource !== form.storage
}

/** Admission, strategy and validation: everything that may refuse or complete a change. */
async function checkChange(
  scope: Scope,
  draft: DraftObject,
  old: KubeObject,
  options: WriteOptions,
  change: Change,
): Promise<void> {
  const { backend, resource, call, name, subresource, namespace } = scope
  matchNamespace(resource, draft.metadata, old.metadata.namespace ?? "")
  if (!change.tracked) trackFields(scope, draft, old, options)
  const owners = draft.metadata.managedFields
  const { part } = change
  const request: AdmissionRequest = {
    operation: "UPDATE",
    resource,
    subresource,
    namespace: resource.group === "" && resource.plural === "namespaces" ? name : namespace,
    name,
    dryRun: options.dryRun,
    object: part === undefined ? draft : part.of(draft),
    old: part === undefined ? old : finished(part.of(old)),
    ...(part && { kind: part.kind }),
    options: () => optionsObject(call, "UpdateOptions"),
    ...askedBy(call),
  }
  await backend.admission.mutate(request)
  keepOwners(draft, owners, call.warn)
  if (request.object !== undefined) part?.put(draft, request.object)
  matchNamespace(resource, draft.metadata, old.metadata.namespace ?? "")
  prepareUpdate(resource, draft, old, change.subresource ?? subresource, writeContext(scope), call.warn, scope.form)
  await backend.admission.validate(request)
}

/** Without a version the newest is overwritten, where the kind allows it. */
function checkVersion(resource: AnyResource, draft: DraftObject, old: KubeObject): void {
  const meta = draft.metadata
  const sent = meta.resourceVersion ?? ""
  if (sent === "" || sent === "0") {
    if (resource.strategy.unconditionalUpdate) {
      meta.resourceVersion = old.metadata.resourceVersion
      return
    }
    const problem = field.invalid("metadata.resourceVersion", 0, "must be specified for an update")
    // As in Kubernetes, the resource stands where the kind should.
    throw invalid({ group: resource.group, kind: resource.plural }, meta.name ?? "", [problem])
  }
  if (sent !== old.metadata.resourceVersion) throw conflict(groupResource(resource), old.metadata.name)
}

/** The last finalizer of an object that is being deleted has gone. */
function completesDeletion(draft: DraftObject, old: KubeObject): boolean {
  const { finalizers = [] } = draft.metadata
  if (finalizers.length > 0 || !old.metadata.deletionTimestamp) return false
  return (old.metadata.deletionGracePeriodSeconds ?? 0) === 0
}

async function deleteCompleted(scope: Scope, key: string, draft: DraftObject, old: CachedObject): Promise<Attempt> {
  const outcome = await remove(scope, key, old)
  if (!("stored" in outcome)) return { fresh: outcome.conflict }
  scope.backend.hooksOf(scope.resource).deleted?.(old.object)
  return { done: unstored(scope, key, draft, outcome.stored) }
}
