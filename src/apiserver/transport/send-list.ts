import type { AnyResource } from "../../machinery/schema/resource.ts"
import type { ApiResult, ServedObject } from "../call.ts"
import { withNulls } from "../watch-cache/cached-object.ts"

type ListResult = Extract<ApiResult, { readonly type: "list" }>

const encoder = new TextEncoder()
const OPEN = encoder.encode("{")
const NEXT = encoder.encode(",{")
const COMMA = encoder.encode(",")
const END = encoder.encode("]}")

/** A list as JSON in pieces: the items' own bytes are used as they are, and never copied together. */
export function listPieces(result: ListResult): { readonly length: number; readonly pieces: Iterable<Uint8Array> } {
  const { resource, items, metadata } = result
  const head = { kind: resource.listKind, apiVersion: resource.apiVersion, metadata }
  const start = encoder.encode(`${JSON.stringify(head).slice(0, -1)},"items":[`)
  const isTyped = itemsAreTyped(resource)
  const bodies = isTyped ? items.map((item) => item.json()) : withoutType(resource, items)
  const separators = Math.max(0, items.length - 1)
  let length = start.length + END.length + separators + (isTyped ? 0 : items.length)
  for (const body of bodies) length += body.length
  return { length, pieces: piecesOf(start, bodies, isTyped) }
}

function* piecesOf(start: Uint8Array, bodies: readonly Uint8Array[], isTyped: boolean): Iterable<Uint8Array> {
  yield start
  let first = true
  for (const body of bodies) {
    if (!isTyped) yield first ? OPEN : NEXT
    else if (!first) yield COMMA
    first = false
    yield body
  }
  yield END
}

/** In lists, custom resources say what they are; objects of built-in kinds do not, since the list says it. */
function itemsAreTyped(resource: AnyResource): boolean {
  return resource.struct.form !== undefined
}

/** The items of a list as values, for encodings without bytes that are kept. */
export function listItems({ resource, items }: ListResult): readonly object[] {
  if (itemsAreTyped(resource)) return items.map(({ object }) => object)
  return items.map(({ object: { kind: _kind, apiVersion: _apiVersion, ...rest } }) => rest)
}

/** What follows kind and apiVersion in the JSON of each object, without the opening brace. */
function withoutType(resource: AnyResource, items: readonly ServedObject[]): readonly Uint8Array[] {
  const type = { kind: resource.kind, apiVersion: resource.apiVersion }
  const head = Buffer.from(`${JSON.stringify(type).slice(0, -1)},`)
  return items.map((item) => {
    const json = item.json()
    const isCanonical = json.length > head.length && head.compare(json, 0, head.length) === 0
    return isCanonical ? json.subarray(head.length) : restOf(resource, item)
  })
}

/** For what was not stored by this version of the program. */
function restOf(resource: AnyResource, { object }: ServedObject): Uint8Array {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object
  return encoder.encode(JSON.stringify(withNulls(resource, rest)).slice(1))
}
