import type { AnyResource } from "../../machinery/schema/resource.ts"
import { alreadyExists, generateNameConflict } from "../../machinery/status/errors.ts"
import { StatusError } from "../../machinery/status/status-error.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import type { Random } from "../../platform/random.ts"
import { askedBy } from "../admission/asked-by.ts"
import type { AdmissionRequest } from "../admission/plugin.ts"
import type { ApiResult } from "../call.ts"
import type { CachedObject } from "../watch-cache/cached-object.ts"
import { type DraftMeta, type DraftObject, toDraft } from "./draft.ts"
import { NO_RESERVATION } from "./hooks.ts"
import { keepOwners, trackFields } from "./managed-fields.ts"
import { readBody } from "./object-machinery.ts"
import { matchNamespace, prepareCreate } from "./prepare.ts"
import { optionsObject, type WriteOptions, writeOptions } from "./request-options.ts"
import { groupResource, keyOf, type Scope, writeContext } from "./scope.ts"
import { put, unstored } from "./write.ts"

const CREATED = 201
/** As in Kubernetes: with 27^5 endings, eight collisions in a row mean that the names are used up. */
const GENERATED_NAME_TRIES = 8
const GENERATED_PREFIX_LENGTH_MAX = 58
const NAME_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"

/** `POST` on a collection. */
export async function handleCreate(scope: Scope): Promise<ApiResult> {
  const { call, resource } = scope
  const options = writeOptions(call, "CreateOptions")
  const draft = readBody(call.body, { resource, fieldValidation: options.fieldValidation, warn: call.warn })
  const served = await createObject(scope, draft, options)
  return { type: "object", code: CREATED, resource, served }
}

export interface CreateOptions extends WriteOptions {
  /** The draft says already who owns which field. */
  readonly tracked?: boolean
}

/** Creates what the draft says, after admission and validation. Throws `StatusError`. */
export async function createObject(scope: Scope, draft: DraftObject, options: CreateOptions): Promise<CachedObject> {
  const { resource } = scope
  const meta = draft.metadata
  matchNamespace(resource, meta, scope.namespace)
  wipeSystemFields(meta)
  const request = await mutated(scope, draft, options)
  const { name = "", generateName: prefix = "" } = draft.metadata
  const generated = name === "" && prefix !== ""
  for (let attempt = 1; ; attempt++) {
    const named = generated && attempt < GENERATED_NAME_TRIES ? toDraft(draft) : draft
    if (generated) named.metadata.name = generateName(prefix, scope.backend.platform.random)
    const stored = await createOnce(scope, named, options, request)
    if (stored.type === "created") return stored.object
    if (!generated) throw existsError(resource, stored.existing)
    if (attempt === GENERATED_NAME_TRIES) {
      throw generateNameConflict(groupResource(resource), named.metadata.name ?? "", 1)
    }
  }
}

/** Mutating admission, before there are a generated name and a uid. Returns what validation is told as well. */
async function mutated(scope: Scope, draft: DraftObject, options: CreateOptions): Promise<AdmissionRequest> {
  const { backend, resource, call } = scope
  const meta = draft.metadata
  if (!options.tracked) trackFields(scope, draft, undefined, options)
  const owners = meta.managedFields
  const request: AdmissionRequest = {
    operation: "CREATE",
    resource,
    subresource: "",
    namespace: resource.group === "" && resource.plural === "namespaces" ? (meta.name ?? "") : scope.namespace,
    // Who reads about a refusal knows the name he gave, not one that is generated.
    name: meta.name ?? "",
    dryRun: options.dryRun,
    object: draft,
    old: undefined,
    options: () => optionsObject(call, "CreateOptions"),
    ...askedBy(call),
  }
  await backend.admission.mutate(request)
  keepOwners(draft, owners, call.warn)
  matchNamespace(resource, draft.metadata, scope.namespace)
  return request
}

type CreateOutcome =
  | { readonly type: "created"; readonly object: CachedObject }
  | { readonly type: "exists"; readonly existing: CachedObject }

async function createOnce(
  scope: Scope,
  draft: DraftObject,
  options: CreateOptions,
  request: AdmissionRequest,
): Promise<CreateOutcome> {
  const { backend, resource, call } = scope
  const meta = draft.metadata
  fillSystemFields(meta, backend.platform)
  prepareCreate(resource, draft, writeContext(scope), call.warn, scope.form)
  await backend.admission.validate({ ...request, object: draft })
  const key = keyOf(scope, meta.name)
  const reservation = backend.hooksOf(resource).beginCreate?.(draft, options.dryRun) ?? NO_RESERVATION
  try {
    if (options.dryRun) {
      reservation.revert()
      await backend.feed.consistent()
      const existing = backend.feed.cacheOf(resource).get(key)
      if (existing !== undefined) return { type: "exists", existing }
      return { type: "created", object: unstored(scope, key, draft, undefined) }
    }
    // In Kubernetes the store refuses it: a dry run does not come that far, and admission is asked before.
    if (meta.resourceVersion) {
      throw new StatusError("", 500, "resourceVersion should not be set on objects to be created")
    }
    const outcome = await put(scope, key, draft, undefined)
    if ("stored" in outcome) {
      reservation.commit()
      return { type: "created", object: outcome.stored }
    }
    reservation.revert()
    if (outcome.conflict === undefined) throw new TypeError(`${key} is neither absent nor present`)
    return { type: "exists", existing: outcome.conflict }
  } catch (error) {
    reservation.revert()
    throw error
  }
}

function existsError(resource: AnyResource, existing: CachedObject): StatusError {
  const { name, deletionTimestamp } = existing.object.metadata
  const error = alreadyExists(groupResource(resource), name)
  if (!deletionTimestamp) return error
  return new StatusError("AlreadyExists", error.code, `object is being deleted: ${error.message}`, error.details)
}

function wipeSystemFields(meta: DraftMeta): void {
  delete meta.uid
  delete meta.creationTimestamp
  delete meta.deletionTimestamp
  delete meta.deletionGracePeriodSeconds
  delete meta.selfLink
}

function fillSystemFields(meta: DraftMeta, platform: Scope["backend"]["platform"]): void {
  meta.uid = platform.random.uuid()
  meta.creationTimestamp = timeFromMs(platform.clock.nowMs())
}

/** A prefix and five random characters that spell no words. */
export function generateName(prefix: string, random: Pick<Random, "int">): string {
  let name = prefix.slice(0, GENERATED_PREFIX_LENGTH_MAX)
  for (let i = 0; i < 5; i++) name += NAME_ALPHABET[random.int(NAME_ALPHABET.length)]
  return name
}
