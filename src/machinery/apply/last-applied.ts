import type { ParsedJson } from "../json/parse.ts"
import { parseJson } from "../json/parse.ts"
import { JsonSyntaxError } from "../json/syntax-error.ts"
import { byteLength } from "../names/rules.ts"
import { deepClone, isObject, type JsonObject } from "../patch/structure.ts"
import type { AnyStruct } from "../schema/schema.ts"
import { ANNOTATIONS_BYTES_MAX } from "../validation/object-meta.ts"
import { canonicalText } from "../validation/repeated-items.ts"
import { compare } from "./compare.ts"
import { FieldSet } from "./field-set.ts"
import { mergeTypeOf } from "./merge-type.ts"
import { toFieldSet } from "./to-field-set.ts"
import { type OwnedObject, withoutOwners } from "./update-managed-fields.ts"
import { appliedProblem } from "./validate-applied.ts"

/** The annotation in which `kubectl apply` without server-side apply keeps what it applied. */
export const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
/** The field manager under which kubectl moves between the two ways of applying. */
export const KUBECTL = "kubectl"

/**
 * The live fields that have the value which client-side apply gave them. Server-side apply by kubectl may take them
 * from whoever owns them, because they were kubectl's own.
 */
export function fieldsLastApplied(struct: AnyStruct, live: OwnedObject): FieldSet {
  const value = parsedAnnotation(live)?.value
  if (!isObject(value) || value["apiVersion"] !== live.apiVersion || appliedProblem(struct, value) !== undefined) {
    return FieldSet.EMPTY
  }
  const type = mergeTypeOf(struct)
  const { added, modified, removed } = compare(type, value, withoutOwners(live))
  return toFieldSet(type, value).difference(modified).difference(added).difference(removed)
}

function parsedAnnotation({ metadata }: OwnedObject): ParsedJson | undefined {
  const text = metadata?.annotations?.[LAST_APPLIED] ?? ""
  try {
    return text === "" ? undefined : parseJson(text)
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined
    throw error
  }
}

/** Keeps the annotation true for those who apply on the client's side after this. Changes `object`. */
export function refreshLastApplied(
  object: { metadata: { annotations?: Record<string, string> } },
  patch: JsonObject,
): void {
  const { annotations } = object.metadata
  if (annotations === undefined || !annotations[LAST_APPLIED]) return
  const applied = deepClone(patch)
  const metadata = applied["metadata"]
  if (isObject(metadata) && isObject(metadata["annotations"])) delete metadata["annotations"][LAST_APPLIED]
  annotations[LAST_APPLIED] = `${canonicalText(applied)}\n`
  let bytes = 0
  for (const [key, value] of Object.entries(annotations)) bytes += byteLength(key) + byteLength(value)
  if (bytes > ANNOTATIONS_BYTES_MAX) delete annotations[LAST_APPLIED]
}
