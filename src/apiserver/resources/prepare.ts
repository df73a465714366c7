import { decodeValue } from "../../machinery/decode/decode.ts"
import { applyDefaults } from "../../machinery/defaulting/apply-defaults.ts"
import type { FieldError } from "../../machinery/field/error.ts"
import { FieldPath } from "../../machinery/field/path.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import type { AnyResource, KubeObject, WriteContext } from "../../machinery/schema/resource.ts"
import type { AnyStruct } from "../../machinery/schema/schema.ts"
import { badRequest, invalid } from "../../machinery/status/errors.ts"
import { validateObjectMeta, validateObjectMetaUpdate } from "../../machinery/validation/object-meta.ts"
import { validateStruct } from "../../machinery/validation/validate-struct.ts"
import { validateUpdate } from "../../machinery/validation/validate-update.ts"
import type { DraftMeta, DraftObject } from "./draft.ts"
import { finished, toDraft } from "./draft.ts"
import type { OtherForm } from "./other-form.ts"
import { groupKind } from "./scope.ts"

/** What happens to an object between admission and the store: strategy, validation, warnings. */

type Warn = (text: string) => void

/** Fills in an empty namespace; refuses another one than the request's. */
export function matchNamespace(resource: AnyResource, meta: DraftMeta, namespace: string): void {
  if (!resource.namespaced) {
    delete meta.namespace
    return
  }
  if (meta.namespace !== undefined && meta.namespace !== "" && meta.namespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request")
  }
  meta.namespace = namespace
}

/** Throws a 422 with everything that is wrong. */
export function prepareCreate(
  resource: AnyResource,
  draft: DraftObject,
  context: WriteContext,
  warn: Warn,
  form?: OtherForm,
): void {
  const { strategy } = resource
  const meta = draft.metadata
  delete meta.selfLink
  delete meta.generation
  dropRepeatedOwners(meta, warn)
  if (strategy.generation) meta.generation = 1
  if (resource.subresources.has("status") && !strategy.statusOnCreate) clearStatus(resource, draft)
  strategy.prepareCreate?.(draft as never, context)
  const errors = [
    ...validateObjectMeta(meta, metaRules(resource)),
    ...validateStruct(resource.struct, draft as never, FieldPath.root()),
    ...createErrors(rulesOf(resource, form), draft),
  ]
  throwInvalid(resource, meta, errors)
  for (const text of strategy.warnings?.(draft as never, undefined) ?? []) warn(text)
}

/** Whose rules a change has to meet, and its objects as they know them. */
interface Rules {
  readonly strategy: AnyResource["strategy"]
  readonly view: (object: KubeObject | DraftObject) => never
}

function rulesOf(resource: AnyResource, form: OtherForm | undefined): Rules {
  if (!form?.hasOwnRules) return { strategy: resource.strategy, view: (object) => object as never }
  return { strategy: form.resource.strategy, view: (object) => form.fromStorage(object as KubeObject) as never }
}

function createErrors({ strategy, view }: Rules, draft: DraftObject): readonly FieldError[] {
  const seen = view(draft)
  return [...(strategy.validate?.(seen) ?? []), ...(strategy.validateCreate?.(seen) ?? [])]
}

function clearStatus(resource: AnyResource, draft: DraftObject): void {
  delete draft["status"]
  const alone = statusAlone(resource.struct)
  if (alone === undefined) return
  const { status } = applyDefaults(alone, decodeValue(alone, {}) as never) as { readonly status?: unknown }
  if (status !== undefined) draft["status"] = status
}

const statusStructs = new WeakMap<AnyStruct, AnyStruct>()

/** A struct that has nothing but the status: the rest of a new object has its defaults already. */
function statusAlone(struct: AnyStruct): AnyStruct | undefined {
  const field = struct.members.get("status")
  if (field === undefined) return undefined
  let alone = statusStructs.get(struct)
  if (alone === undefined) {
    alone = { type: "struct", name: "", doc: "", fields: [field], members: new Map([["status", field]]) }
    statusStructs.set(struct, alone)
  }
  return alone
}

/** Throws a 422 with everything that is wrong. */
export function prepareUpdate(
  resource: AnyResource,
  draft: DraftObject,
  old: KubeObject,
  subresource: string,
  context: WriteContext,
  warn: Warn,
  form?: OtherForm,
): void {
  const { strategy } = resource
  const meta = draft.metadata
  keepGeneration(meta, old)
  delete meta.selfLink
  dropRepeatedOwners(meta, warn)
  if (subresource === "status") {
    restoreAllBut(draft, old, new Set(["apiVersion", "kind", "metadata", "status"]))
    strategy.prepareStatusUpdate?.(draft as never, old as never, context)
  } else {
    if (resource.subresources.has("status") && subresource === "") restore(draft, old, "status")
    if (subresource === "") strategy.prepareUpdate?.(draft as never, old as never, context)
  }
  shareUnchanged(draft, old)
  if (subresource !== "status" && strategy.generation && isNewGeneration(resource, draft, old)) {
    meta.generation = (old.metadata.generation ?? 0) + 1
  }
  keepIdentity(meta, old)
  const errors = [
    ...validateObjectMetaUpdate(meta, old.metadata),
    ...validateObjectMeta(meta, metaRules(resource)),
    ...validateStruct(resource.struct, draft as never, FieldPath.root()),
    ...validateUpdate(resource.struct, draft as never, old as never, FieldPath.root()),
    ...updateErrors(rulesOf(resource, form), draft, old, subresource),
  ]
  throwInvalid(resource, meta, errors)
  for (const text of strategy.warnings?.(draft as never, old as never) ?? []) warn(text)
}

function metaRules({ group, namespaced, strategy, struct }: AnyResource) {
  const qualifiedFinalizers = struct.form === undefined && !GENERIC_METADATA.has(group)
  return { namespaced, nameFormat: strategy.nameFormat, qualifiedFinalizers }
}

/** Built-in kinds whose metadata Kubernetes checks as that of custom resources. */
const GENERIC_METADATA = new Set([
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "policy",
])

function updateErrors(
  { strategy, view }: Rules,
  draft: DraftObject,
  old: KubeObject,
  subresource: string,
): readonly FieldError[] {
  const now = view(draft)
  const always = strategy.validate?.(now) ?? []
  // Subresources that change what a plain update may not, such as a pod's node, have checked their change themselves.
  const rule =
    subresource === "status" ? strategy.validateStatusUpdate : subresource === "" ? strategy.validateUpdate : undefined
  return rule === undefined ? always : [...always, ...rule(now, view(old))]
}

function dropRepeatedOwners(meta: DraftMeta, warn: Warn): void {
  const { ownerReferences: owners } = meta
  if (owners === undefined || owners.length < 2) return
  const isRepeated = (index: number) => owners.slice(0, index).some((earlier) => deepEqual(earlier, owners[index]))
  const repeated = owners.filter((_, index) => isRepeated(index))
  if (repeated.length === 0) return
  meta.ownerReferences = owners.filter((_, index) => !isRepeated(index))
  const uids = repeated.map(({ uid }) => uid).join(", ")
  warn(
    `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${uids}`,
  )
}

function keepGeneration(meta: DraftMeta, old: KubeObject): void {
  if (old.metadata.generation === undefined) delete meta.generation
  else meta.generation = old.metadata.generation
}

/** What a client may leave out or repeat. Whatever else it changes of these, validation refuses. */
function keepIdentity(meta: DraftMeta, old: KubeObject): void {
  const before = old.metadata
  if (!meta.uid) meta.uid = before.uid
  meta.creationTimestamp = before.creationTimestamp
  if (before.deletionTimestamp) meta.deletionTimestamp = before.deletionTimestamp
  if (before.deletionGracePeriodSeconds !== undefined) {
    meta.deletionGracePeriodSeconds ??= before.deletionGracePeriodSeconds
  }
}

function restore(draft: DraftObject, old: KubeObject, member: string): void {
  const before = (old as unknown as DraftObject)[member]
  if (before === undefined) delete draft[member]
  else draft[member] = structuredCopy(before)
}

function structuredCopy(value: unknown): unknown {
  return toDraft({ value } as unknown as DraftObject)["value"]
}

function restoreAllBut(draft: DraftObject, old: KubeObject, kept: ReadonlySet<string>): void {
  for (const member of new Set([...Object.keys(draft), ...Object.keys(old)])) {
    if (!kept.has(member)) restore(draft, old, member)
  }
}

/**
 * What is equal becomes the same: whoever compares from here on sees it at once, and the two versions take less memory.
 * The parts that are shared must not be changed any more.
 */
function shareUnchanged(draft: DraftObject, old: KubeObject): void {
  const before = old as unknown as DraftObject
  for (const member of Object.keys(draft)) {
    if (member !== "metadata" && deepEqual(draft[member], before[member])) draft[member] = before[member]
  }
}

/** After `shareUnchanged`. */
function isNewGeneration({ subresources }: AnyResource, draft: DraftObject, old: KubeObject): boolean {
  const before = old as unknown as DraftObject
  // A status that has no path of its own, as custom resources may have, is a part of the object like any other.
  const statusApart = subresources.has("status")
  for (const member of new Set([...Object.keys(draft), ...Object.keys(old)])) {
    if (member === "metadata" || (member === "status" && statusApart)) continue
    if (draft[member] !== before[member]) return true
  }
  return false
}

export function throwInvalid(resource: AnyResource, meta: DraftMeta, errors: readonly FieldError[]): void {
  if (errors.length === 0) return
  throw invalid(groupKind(resource), meta.name ?? "", errors)
}

/** Whether storing the draft would change nothing but bookkeeping. */
export function isSame(draft: DraftObject, old: KubeObject): boolean {
  return deepEqual(withoutBookkeeping(finished(draft)), withoutBookkeeping(old))
}

function withoutBookkeeping(object: KubeObject): unknown {
  const { resourceVersion: _resourceVersion, managedFields, ...meta } = object.metadata
  const owners = managedFields?.map(({ time: _time, ...entry }) => entry)
  return { ...object, metadata: { ...meta, managedFields: owners ?? [] } }
}
