import { decodeValue } from "../../machinery/decode/decode.ts"
import { parseJson } from "../../machinery/json/parse.ts"
import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import type { ServedObject } from "../call.ts"
import { splitObjectKey } from "../resources/storage-key.ts"

/**
 * One version of one object. Holds the stored bytes (JSON without resourceVersion); the parsed form and the served JSON
 * are made on first use and kept. Nobody may change what it hands out.
 */
export class CachedObject implements ServedObject {
  readonly resource: AnyResource
  readonly key: string
  readonly revision: number
  /** JSON as stored, decrypted, without resourceVersion. */
  readonly stored: Uint8Array
  #object: KubeObject | undefined
  #json: Uint8Array | undefined

  constructor(resource: AnyResource, key: string, revision: number, stored: Uint8Array, object?: KubeObject) {
    this.resource = resource
    this.key = key
    this.revision = revision
    this.stored = stored
    this.#object = object
  }

  get object(): KubeObject {
    return (this.#object ??= parseStored(this.resource, this.stored, this.revision))
  }

  json = (): Uint8Array => (this.#json ??= withResourceVersion(this.resource, this.stored, this.revision))

  get labels(): Readonly<Record<string, string>> | undefined {
    return this.object.metadata.labels
  }

  /** The value of a selectable field; empty when the kind has no such field. */
  field(path: string): string {
    if (path === "metadata.name") return splitObjectKey(this.resource, this.key).name
    if (path === "metadata.namespace") return splitObjectKey(this.resource, this.key).namespace
    const read = this.resource.selectableFields.get(path)
    return read === undefined ? "" : read(this.object as never)
  }

  /** The same content at another revision: how a deletion, or leaving a selector, is told. */
  at(revision: number): CachedObject {
    return new CachedObject(this.resource, this.key, revision, this.stored)
  }
}

/** Parses what is stored, in its in-memory form, and adds the resourceVersion. */
function parseStored(resource: AnyResource, stored: Uint8Array, revision: number): KubeObject {
  // Decoding gives maps their null prototype, and drops what another version of the program may have written.
  const object = decodeValue(resource.struct, parseJson(stored).value) as KubeObject
  const metadata = { ...object.metadata, resourceVersion: String(revision) }
  return { ...object, apiVersion: resource.apiVersion, kind: resource.kind, metadata }
}

const encoder = new TextEncoder()
/** Every stored object begins with this text, so the resourceVersion can be put in without parsing. */
export function storedHead(resource: AnyResource): string {
  return `{"kind":${JSON.stringify(resource.kind)},"apiVersion":${JSON.stringify(resource.apiVersion)},"metadata":{`
}

/** The bytes to store for an object: canonical JSON without resourceVersion, beginning with `storedHead`. */
export function toStoredBytes(resource: AnyResource, object: KubeObject): Uint8Array {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object
  const { resourceVersion: _resourceVersion, ...meta } = metadata
  const tail = JSON.stringify(rest)
  const text = `${storedHead(resource)}${JSON.stringify(meta).slice(1)}${tail === "{}" ? "" : `,${tail.slice(1, -1)}`}}`
  return encoder.encode(text)
}

const heads = new WeakMap<AnyResource, { readonly text: string; readonly bytes: Buffer }>()

function headOf(resource: AnyResource) {
  let head = heads.get(resource)
  if (head === undefined) {
    const text = storedHead(resource)
    heads.set(resource, (head = { text, bytes: Buffer.from(text) }))
  }
  return head
}

function withResourceVersion(resource: AnyResource, stored: Uint8Array, revision: number): Uint8Array {
  const { text, bytes } = headOf(resource)
  if (bytes.compare(stored, 0, bytes.length) !== 0) {
    // Written by another version of the program, or by hand.
    return encoder.encode(JSON.stringify(parseStored(resource, stored, revision)))
  }
  const prefix = `${text}"resourceVersion":"${revision}",`
  const out = new Uint8Array(prefix.length + stored.length - bytes.length)
  // The head is ASCII: kinds and versions are.
  encoder.encodeInto(prefix, out)
  out.set(stored.subarray(bytes.length), prefix.length)
  return out
}
