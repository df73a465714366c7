import * as field from "../../machinery/field/error.ts"
import { jsonKind } from "../../machinery/json/json-kind.ts"
import { decodeUtf8, type ParsedJson, parseJson } from "../../machinery/json/parse.ts"
import { JsonSyntaxError } from "../../machinery/json/syntax-error.ts"
import { parseYaml } from "../../machinery/json/yaml.ts"
import { applyJsonPatch, OPERATIONS_MAX, PatchError, readJsonPatch } from "../../machinery/patch/json-patch.ts"
import { applyMergePatch } from "../../machinery/patch/merge-patch.ts"
import { isObject } from "../../machinery/patch/structure.ts"
import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import {
  badRequest,
  invalid,
  requestEntityTooLarge,
  unroutableMediaType,
  unsupportedMediaType,
} from "../../machinery/status/errors.ts"
import type { ApiCall, ApiResult } from "../call.ts"
import { handleApply } from "./apply.ts"
import { type DraftObject, toDraft } from "./draft.ts"
import { isReadError, mediaType, toObject } from "./object-machinery.ts"
import { type WriteOptions, writeOptions } from "./request-options.ts"
import type { Scope } from "./scope.ts"
import { applyStrategicPatch, unprocessable } from "./strategic-patch.ts"
import { checkName, updateObject } from "./update.ts"

export type PatchType = "json" | "merge" | "strategic" | "apply"

const TYPES = new Map<string, PatchType>([
  ["application/json-patch+json", "json"],
  ["application/merge-patch+json", "merge"],
  ["application/strategic-merge-patch+json", "strategic"],
  ["application/apply-patch+yaml", "apply"],
])

/** Strategic merge patches need merge keys, which the schemas of custom resources do not have. */
const CUSTOM_TYPES: typeof TYPES = new Map([...TYPES].filter(([, type]) => type !== "strategic"))

/** A patch as it was sent. */
export interface Patch {
  readonly type: PatchType
  readonly parsed: ParsedJson
}

/** `PATCH` of an object or its status. */
export async function handlePatch(scope: Scope): Promise<ApiResult> {
  const { call, resource } = scope
  const patch = readPatch(scope)
  const options = writeOptions(call, "PatchOptions", patch.type === "apply")
  if (patch.type === "apply") return handleApply(scope, patch, options)
  const { served } = await updateObject(scope, options, {
    transform: (old) => {
      const draft = patchObject(resource, old?.object, patch, options, call.warn)
      checkName(scope, draft)
      return draft
    },
    mustExist: true,
  })
  return { type: "object", code: 200, resource, served }
}

/** Throws a 415 for an unknown type of patch, a 400 for one that cannot be parsed. */
export function readPatch({ call, resource }: Pick<Scope, "call" | "resource">): Patch {
  const { body } = call
  const known = resource.struct.form === undefined ? TYPES : CUSTOM_TYPES
  const type = body.type === "none" ? undefined : known.get(mediaType(body.contentType))
  if (type === undefined || body.type === "none") throw unroutable(known)
  return { type, parsed: parsePatch(type, body) }
}

/** A kind that takes fewer patches than the router knows says which. */
function unroutable(known: typeof TYPES) {
  return known === TYPES ? unroutableMediaType() : unsupportedMediaType([...known.keys()])
}

function parsePatch(type: PatchType, body: Exclude<ApiCall["body"], { type: "none" }>): ParsedJson {
  if (body.type === "value") return { value: body.value, duplicates: [] }
  try {
    return type === "apply" ? parseYaml(decodeUtf8(body.bytes)) : parseJson(body.bytes)
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    throw badRequest(`${UNREADABLE[type]}${error.message}`)
  }
}

const UNREADABLE: { readonly [type in PatchType]: string } = {
  json: "error decoding patch: ",
  merge: "error decoding patch: ",
  strategic: "",
  apply: "error decoding YAML: error converting YAML to JSON: ",
}

/** What the object would be with the patch. `old` is not changed. Throws a 400 or 422 when they do not fit. */
export function patchObject(
  resource: AnyResource,
  old: KubeObject | undefined,
  { type, parsed }: Patch,
  { fieldValidation }: WriteOptions,
  warn: (text: string) => void,
): DraftObject {
  // A merge patch leaves its target alone, and what it takes over is decoded to new objects.
  const before = old === undefined ? {} : type === "merge" ? old : toDraft(old)
  const value = patchedValue(resource, before, type, parsed.value)
  const duplicates = type === "json" ? parsed.duplicates.map((path) => `json patch ${path}`) : parsed.duplicates
  try {
    return toObject({ value, duplicates }, { resource, fieldValidation, warn })
  } catch (error) {
    if (!isReadError(error)) throw error
    const shown = type === "strategic" ? parsed.value : value
    throw invalid({ group: "", kind: "" }, "", [field.invalid("patch", JSON.stringify(shown), error.message)])
  }
}

function patchedValue(resource: AnyResource, before: object, type: PatchType, patch: unknown): unknown {
  switch (type) {
    case "json":
      return patchByOperations(before, patch)
    case "merge":
      if (!isObject(patch)) {
        const found = `json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`
        throw badRequest(patch === null ? "Invalid JSON Patch" : `${UNREADABLE[type]}${found}`)
      }
      return applyMergePatch(before, patch)
    default:
      return applyStrategicPatch(resource, before, patch)
  }
}

function patchByOperations(before: unknown, patch: unknown): unknown {
  let operations: ReturnType<typeof readJsonPatch>
  try {
    operations = readJsonPatch(patch)
  } catch (error) {
    if (error instanceof PatchError) throw badRequest(`error decoding patch: ${error.message}`)
    throw error
  }
  if (operations.length > OPERATIONS_MAX) {
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${OPERATIONS_MAX}, got ${operations.length}`,
    )
  }
  try {
    return applyJsonPatch(before, operations)
  } catch (error) {
    if (error instanceof PatchError) throw unprocessable(error.message)
    throw error
  }
}
