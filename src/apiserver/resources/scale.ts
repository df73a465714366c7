import { Scale } from "../../api/autoscaling/v1/scale.ts"
import { ownersOfParent, ownersOfScale } from "../../machinery/apply/scale-owners.ts"
import * as field from "../../machinery/field/error.ts"
import type { LabelSelector } from "../../machinery/meta/label-selector.ts"
import type { ManagedFieldsEntry } from "../../machinery/meta/object-meta.ts"
import type { KubeObject, ScalePaths } from "../../machinery/schema/resource.ts"
import type { Draft } from "../../machinery/schema/schema.ts"
import { compileLabelSelector, selectLabels } from "../../machinery/selectors/label-selector.ts"
import { conflict, invalid, notFound } from "../../machinery/status/errors.ts"
import type { ApiResult } from "../call.ts"
import { CachedObject, toStoredBytes } from "../watch-cache/cached-object.ts"
import { reportDuplicates } from "./apply.ts"
import { type DraftObject, finished, toDraft } from "./draft.ts"
import { appliedObject } from "./managed-fields.ts"
import { readBody } from "./object-machinery.ts"
import { type Patch, patchObject, readPatch } from "./patch.ts"
import { current } from "./read.ts"
import { type WriteOptions, writeOptions } from "./request-options.ts"
import { type FoundScale, findScale, missingReplicas, namesOf, setSpecReplicas } from "./scale-paths.ts"
import { groupResource, type Scope } from "./scope.ts"
import { checkName, updateObject } from "./update.ts"

/**
 * The scale subresource: a small view of kinds with `spec.replicas`, so that autoscalers need to know none of them.
 * https://kubernetes.io/docs/reference/kubernetes-api/autoscaling-resources/ (Scale)
 */
export async function handleScale(scope: Scope): Promise<ApiResult> {
  const { call, backend } = scope
  const paths = pathsOf(scope)
  if (call.info.verb === "get") {
    await backend.feed.consistent()
    return answer(scope, await current(scope))
  }
  const patch = call.info.verb === "patch" ? readPatch(scope) : undefined
  const isApply = patch?.type === "apply"
  const options = writeOptions(call, patch === undefined ? "UpdateOptions" : "PatchOptions", isApply)
  const change = patch === undefined ? replacing(scope, options) : patching(scope, patch, options)
  const { served } = await updateObject(scope, options, {
    mustExist: true,
    // Stored as any change of the object itself.
    subresource: "",
    tracked: isApply,
    transform: (old) => {
      const before = (old as CachedObject).object
      const scale = change(isApply ? withOwners(before, paths) : scaleOf(before, paths))
      const parent = withScale(scope, toDraft(before), scale)
      if (isApply) parent.metadata.managedFields = parentOwners(before, scale, paths)
      return parent
    },
    part: {
      kind: Scale,
      of: (object) => toDraft(scaleOf(object as KubeObject, paths)),
      put: (draft, scale) => setReplicas(draft, paths, replicasOf(scale)),
    },
  })
  return answer(scope, served)
}

function replacing(scope: Scope, { fieldValidation }: WriteOptions): (old: KubeObject) => DraftObject {
  const { call } = scope
  const sent = readBody(call.body, { resource: Scale, fieldValidation, warn: call.warn })
  checkName(scope, sent)
  return () => sent
}

function patching(scope: Scope, patch: Patch, options: WriteOptions): (old: KubeObject) => DraftObject {
  const isApply = patch.type === "apply"
  if (isApply) reportDuplicates(scope, patch, options)
  return (old) => {
    const scale = isApply
      ? appliedObject({ ...scope, resource: Scale }, old, patch.parsed.value, options)
      : patchObject(Scale, old, patch, options, scope.call.warn)
    checkName(scope, scale)
    return scale
  }
}

const pathsOf = ({ resource }: Scope): ScalePaths | undefined => resource.subresources.get("scale")?.scalePaths

const parentOf = ({ apiVersion }: KubeObject, paths: ScalePaths | undefined) => ({
  apiVersion,
  replicas: paths === undefined ? ["spec", "replicas"] : namesOf(paths.specReplicasPath),
})

/** A Scale with those who own its number. */
function withOwners(object: KubeObject, paths: ScalePaths | undefined): KubeObject {
  const scale = scaleOf(object, paths)
  const managedFields = ownersOfScale(object.metadata.managedFields ?? [], parentOf(object, paths), Scale.apiVersion)
  return { ...scale, metadata: { ...scale.metadata, managedFields } }
}

function parentOwners(
  object: KubeObject,
  scale: DraftObject,
  paths: ScalePaths | undefined,
): Draft<ManagedFieldsEntry>[] {
  const { managedFields = [] } = scale.metadata
  const entries = ownersOfParent(object.metadata.managedFields ?? [], managedFields, parentOf(object, paths))
  return entries as Draft<ManagedFieldsEntry>[]
}

interface Scalable {
  readonly spec: { readonly replicas?: number; readonly selector?: unknown }
  readonly status?: { readonly replicas?: number }
}

/** How many there should be, how many there are, and how to find them. */
export function scaleOf(object: KubeObject, paths?: ScalePaths): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const { specReplicas, statusReplicas, selector } =
    paths === undefined ? standardScale(object) : findScale(object, paths)
  return {
    apiVersion: Scale.apiVersion,
    kind: Scale.kind,
    metadata: { name, ...(namespace && { namespace }), uid, resourceVersion, creationTimestamp },
    spec: specReplicas ? { replicas: specReplicas } : {},
    status: { replicas: statusReplicas, ...(selector !== "" && { selector }) },
  } as KubeObject
}

function standardScale(object: KubeObject): FoundScale {
  const { spec, status } = object as unknown as Scalable
  const selector = selectorText(object.kind, spec.selector)
  return { specReplicas: spec.replicas, statusReplicas: status?.replicas ?? 0, selector }
}

/** Replication controllers select by labels alone, all newer kinds by a full selector. */
function selectorText(kind: string, selector: unknown): string {
  if (selector === undefined) return ""
  if (kind === "ReplicationController") return selectLabels(selector as Readonly<Record<string, string>>).toString()
  return compileLabelSelector(selector as LabelSelector).toString()
}

const specOf = (scale: DraftObject) => (scale["spec"] ?? {}) as { readonly replicas?: number }
const replicasOf = (scale: DraftObject) => specOf(scale).replicas ?? 0

function setReplicas(parent: DraftObject, paths: ScalePaths | undefined, replicas: number): void {
  if (paths === undefined) parent["spec"] = { ...(parent["spec"] as object), replicas }
  else setSpecReplicas(parent, paths, replicas)
}

function withScale(scope: Scope, parent: DraftObject, scale: DraftObject): DraftObject {
  const { resource, name } = scope
  const replicas = replicasOf(scale)
  if (replicas < 0) {
    const problem = field.invalid("spec.replicas", replicas, "must be greater than or equal to 0")
    throw invalid({ group: Scale.group, kind: Scale.kind }, name, [problem])
  }
  const { uid, resourceVersion } = scale.metadata
  const of = { ...groupResource(resource), resource: `${resource.plural}/scale` }
  if (parent.metadata.uid === undefined) throw notFound(of, name)
  if (uid && uid !== parent.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${parent.metadata.uid}`
    throw conflict(of, name, why)
  }
  const paths = pathsOf(scope)
  if (paths !== undefined && scope.call.info.verb === "patch" && specOf(scale).replicas === undefined) {
    // A patch of what is not set must set it.
    if (findScale(finished(parent), paths).specReplicas === undefined) throw missingReplicas(paths, "change")
  }
  setReplicas(parent, paths, replicas)
  if (resourceVersion) parent.metadata.resourceVersion = resourceVersion
  else if (resource.strategy.unconditionalUpdate) delete parent.metadata.resourceVersion
  return parent
}

function answer(scope: Scope, object: CachedObject): ApiResult {
  const { resource, namespace, name, call } = scope
  const paths = pathsOf(scope)
  if (paths !== undefined && call.info.verb === "get" && findScale(object.object, paths).specReplicas === undefined) {
    throw missingReplicas(paths, "get")
  }
  const scale = scaleOf(object.object, paths)
  const key = `${resource.plural}/${namespace}/${name}/scale`
  const served = new CachedObject(Scale, key, object.revision, toStoredBytes(Scale, scale), scale)
  return { type: "object", code: 200, resource: Scale, served }
}
