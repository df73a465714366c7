import type { ApiResult } from "../call.ts"

type ListResult = Extract<ApiResult, { readonly type: "list" }>

const encoder = new TextEncoder()
const COMMA = encoder.encode(",")
const END = encoder.encode("]}")

/** A list as JSON in pieces: the items' own bytes are used as they are, and never copied together. */
export function listPieces(result: ListResult): { readonly length: number; readonly pieces: Iterable<Uint8Array> } {
  const { resource, items, metadata } = result
  const head = { kind: resource.listKind, apiVersion: resource.apiVersion, metadata }
  const start = encoder.encode(`${JSON.stringify(head).slice(0, -1)},"items":[`)
  let length = start.length + END.length + Math.max(0, items.length - 1)
  for (const item of items) length += item.json().length
  return { length, pieces: piecesOf(start, items) }
}

function* piecesOf(start: Uint8Array, items: ListResult["items"]): Iterable<Uint8Array> {
  yield start
  let first = true
  for (const item of items) {
    if (first) first = false
    else yield COMMA
    yield item.json()
  }
  yield END
}
