import type { ApiResult, ServedObject } from "../call.ts"
import { listPieces } from "../transport/send-list.ts"

/** Objects of requests and answers as JSON in one line. */

/** Line ends and the indentation after them; in valid JSON these stand between tokens only. */
const LINE_ENDS = /[\r\n]\s*/g

/** Takes the line ends out of valid JSON. */
export const onOneLine = (json: string): string => json.trim().replaceAll(LINE_ENDS, " ")

export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

export function jsonOf(value: unknown, omitManagedFields: boolean): string {
  return JSON.stringify(omitManagedFields ? withoutManagedFields(value) : value) ?? "null"
}

export function objectJson(served: ServedObject, omitManagedFields: boolean): string {
  return omitManagedFields ? jsonOf(served.object, true) : Buffer.from(served.json()).toString()
}

export function listJson(list: Extract<ApiResult, { readonly type: "list" }>, omitManagedFields: boolean): string {
  if (!omitManagedFields) return Buffer.concat([...listPieces(list).pieces]).toString()
  const { resource, items, metadata } = list
  const head = { kind: resource.listKind, apiVersion: resource.apiVersion, metadata }
  return JSON.stringify({ ...head, items: items.map(({ object }) => withoutManagedFields(object)) })
}

function withoutManagedFields(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("metadata" in value)) return value
  const { metadata } = value
  if (typeof metadata !== "object" || metadata === null || !("managedFields" in metadata)) return value
  const { managedFields: _, ...rest } = metadata
  return { ...value, metadata: rest }
}
